// Bundles the page into dist/: our modules with Grafana's packages, and the icons and fonts that @grafana/ui asks for
// at run time under window.__grafana_public_path__.
//
// Decision: esbuild, because it bundles these packages in five seconds; the code editor and the telemetry client that
// @grafana/ui refers to are replaced by nothing, because no panel here uses them.

import { build } from 'esbuild';
import fs from 'node:fs';

const OUT = 'dist';
const nothing = new URL('./src/nothing.js', import.meta.url).pathname;

function copyIcons() {
  fs.cpSync('node_modules/@grafana/ui/dist/public/img/icons', `${OUT}/public/build/img/icons`, { recursive: true });
}

function copyFonts() {
  const inter = `${OUT}/public/fonts/inter`;
  const roboto = `${OUT}/public/fonts/roboto`;
  fs.mkdirSync(inter, { recursive: true });
  fs.mkdirSync(roboto, { recursive: true });
  for (const style of ['Regular', 'Medium', 'Italic', 'MediumItalic']) {
    fs.copyFileSync(`node_modules/inter-ui/web/Inter-${style}.woff2`, `${inter}/Inter-${style}.woff2`);
  }
  // the file name that @grafana/ui's style sheet asks for
  const asked = 'L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2';
  fs.copyFileSync('node_modules/@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2', `${roboto}/${asked}`);
}

await build({
  entryPoints: ['src/main.jsx'],
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  outdir: `${OUT}/assets`,
  entryNames: 'main',
  jsx: 'automatic',
  minify: true,
  legalComments: 'external',
  define: {
    'process.env.NODE_ENV': '"production"',
    'process.env.NODE_DEBUG': 'undefined',
    global: 'globalThis',
  },
  loader: { '.woff2': 'file', '.svg': 'file', '.ttf': 'file' },
  alias: { 'monaco-editor': nothing, '@monaco-editor/react': nothing, '@grafana/faro-web-sdk': nothing },
  conditions: ['module', 'browser', 'import'],
  mainFields: ['browser', 'module', 'main'],
});
copyIcons();
copyFonts();
fs.copyFileSync('index.html', `${OUT}/index.html`);
