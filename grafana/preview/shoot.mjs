// node shoot.mjs DIST DASHBOARD.json PROMETHEUS OUT.png WIDTH [QUERY]
//
// Serves the built page and one dashboard on a free port of loopback, opens it in headless Chromium, waits until every
// panel has drawn, and writes a PNG of the whole height. Chromium is driven over a pipe, so no debugging port is open.
//
// Exit 1 with one line on stderr when a panel reports an error, the page does not get ready, or Chromium does not start.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

const DEADLINE_MS = 60_000;
const POLL_MS = 100;
const CHROMIUM = process.env.CHROMIUM ?? 'chromium';
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const [dist, dashboard, prometheus, out, width, query = ''] = process.argv.slice(2);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function serve() {
  const server = http.createServer((request, response) => {
    const name = new URL(request.url, 'http://page').pathname;
    const file = name === '/dashboard.json' ? dashboard : path.join(dist, path.normalize(name === '/' ? '/index.html' : name));
    fs.readFile(file, (error, body) => {
      response.writeHead(error ? 404 : 200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
      response.end(error ? '' : body);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Chromium over --remote-debugging-pipe: messages are JSON, ended by NUL. */
class Browser {
  #next = 0;
  #waiting = new Map();
  #unread = '';
  #session;

  constructor(profile) {
    /** What the page logged as a warning, an error or an exception. */
    this.complaints = [];
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars'];
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    const own = [`--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank'];
    this.process = spawn(CHROMIUM, [...flags, ...quiet, ...own], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.process.once('error', (error) => fail(`${CHROMIUM} does not start: ${error.message}`));
    this.process.stdio[4].on('data', (data) => this.#read(data));
  }

  #read(data) {
    this.#unread += data;
    const messages = this.#unread.split('\0');
    this.#unread = messages.pop();
    for (const text of messages) {
      const message = JSON.parse(text);
      if (message.id) {
        this.#waiting.get(message.id)(message.result ?? message);
        this.#waiting.delete(message.id);
      } else {
        this.#note(message);
      }
    }
  }

  #note({ method, params }) {
    if (method === 'Runtime.consoleAPICalled' && ['error', 'warning'].includes(params.type)) {
      const words = params.args.map((arg) => arg.value ?? arg.description).join(' ');
      this.complaints.push(`${params.type}: ${words.slice(0, 400)}`);
    } else if (method === 'Runtime.exceptionThrown') {
      const { exception, text } = params.exceptionDetails;
      this.complaints.push(`exception: ${(exception?.description ?? text).slice(0, 600)}`);
    } else if (method === 'Log.entryAdded') {
      this.complaints.push(`log: ${params.entry.text} ${params.entry.url}`);
    }
  }

  send(method, params = {}) {
    const id = ++this.#next;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId: this.#session }) + '\0');
    });
  }

  async open(url, size) {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    this.#session = sessionId;
    for (const domain of ['Runtime', 'Log', 'Page', 'Network']) {
      await this.send(`${domain}.enable`);
    }
    await this.resize(size);
    await this.send('Page.navigate', { url });
  }

  resize({ width, height }) {
    return this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
  }

  async evaluate(expression) {
    return (await this.send('Runtime.evaluate', { expression })).result?.value;
  }

  async screenshot() {
    return Buffer.from((await this.send('Page.captureScreenshot', { format: 'png' })).data, 'base64');
  }

  async close() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    await this.send('Browser.close');
    await ended;
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

async function ready(browser) {
  for (let waited = 0; waited < DEADLINE_MS; waited += POLL_MS) {
    if ((await browser.evaluate('document.title')) === 'ready') {
      return true;
    }
    await pause(POLL_MS);
  }
  return false;
}

const server = await serve();
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'grafana-preview-'));
const browser = new Browser(profile);
const url = `http://127.0.0.1:${server.address().port}/?prometheus=${encodeURIComponent(prometheus)}${query}`;
await browser.open(url, { width: Number(width), height: 1000 });
const drawn = await ready(browser);
const height = (await browser.evaluate('document.querySelector("#root > div")?.offsetHeight')) ?? 1000;
await browser.resize({ width: Number(width), height });
await pause(300); // the canvases draw once more for the new height
fs.writeFileSync(out, await browser.screenshot());
await browser.close();
server.close();
fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
if (!drawn || browser.complaints.length) {
  fail(`${out}: ${drawn ? browser.complaints.join('; ') : `not drawn within ${DEADLINE_MS / 1000} s ${browser.complaints.join('; ')}`}`);
}
console.log(`${out} ${width}x${height}`);
process.exit(0);
