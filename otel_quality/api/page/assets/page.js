// Writes: forms become JSON calls of the API. The first page is read anew every few seconds. Without this file everything can be read.
"use strict";

const EVERY_MS = 5000;
const token = document.getElementById("token");

for (const part of document.querySelectorAll(".write")) part.hidden = false;
for (const part of document.querySelectorAll(".unscripted")) part.hidden = true;
if (token) {
  token.value = sessionStorage.getItem("token") || "";
  token.addEventListener("change", () => sessionStorage.setItem("token", token.value));
  token.form.addEventListener("submit", (event) => event.preventDefault());
}

function value(field) {
  if (field.dataset.type === "number") return Number(field.value);
  if (field.dataset.type === "boolean") return field.value === "true";
  return field.value;
}

async function send(form) {
  const said = form.querySelector("output");
  const body = {};
  for (const field of form.elements) {
    if (field.name && field.value !== "" && (field.type !== "radio" || field.checked)) body[field.name] = value(field);
  }
  const headers = { "content-type": "application/json" };
  if (token && token.value) headers.authorization = `Bearer ${token.value}`;
  said.className = "";
  said.textContent = "Sending…";
  try {
    const answer = await fetch(form.dataset.path, { method: form.dataset.method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    location.reload();
  } catch (error) {
    said.className = "wrong";
    said.textContent = error.message || "The processor cannot be reached.";
  }
}

for (const form of document.querySelectorAll("form[data-path]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

async function renew() {
  const main = document.querySelector("main");
  const busy = document.hidden || main.contains(document.activeElement) || !getSelection().isCollapsed;
  if (busy) return;
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    main.replaceWith(page.querySelector("main"));
    document.querySelector("footer").replaceWith(page.querySelector("footer"));
  } catch {
    // the processor is away for a moment; the next time may do better
  }
}

if (location.pathname === "/") setInterval(renew, EVERY_MS);
