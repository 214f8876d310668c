"use strict";
// Everything from the description and from answers is set as text, never as markup.

const VERSIONS = ["3.1", "3", "2"];
const at = (id) => document.getElementById(id);
const pretty = (value) => JSON.stringify(value, null, 2);
let sample = "";

// Beside this page; without the key that may stand in its address, which fetch() does not take.
function here(path) {
  const url = new URL(path, location.href);
  url.username = url.password = "";
  return url;
}

function authorization() {
  return at("key").value ? { Authorization: "Bearer " + at("key").value } : {};
}

async function describe() {
  let last = "there is no description of this service";
  for (const version of VERSIONS) {
    const answer = await fetch(here("swagger.json?version=" + version), { headers: authorization() });
    if (answer.ok) return answer.json();
    if (answer.status === 401 || answer.status === 403) throw new Error("this service asks for a key: enter it below");
    last = (await answer.json()).message || last;
  }
  throw new Error(last);
}

function shapes(document) {
  return (document.components && document.components.schemas) || document.definitions || {};
}

function kind(schema) {
  if (!schema || !schema.type) return "any";
  if (schema.type === "array") return "array of " + kind(schema.items);
  return schema.format ? schema.type + " (" + schema.format + ")" : schema.type;
}

function row(cells) {
  const made = document.createElement("tr");
  for (const cell of cells) {
    const column = document.createElement("td");
    if (cell instanceof Node) column.append(cell);
    else column.textContent = cell;
    made.append(column);
  }
  return made;
}

function fill(table, rows) {
  at(table).tBodies[0].replaceChildren(...rows.map(row));
}

// An argument without a type of its own has "" for an example, which run() need not be able to use.
function typed(example, names) {
  const untyped = names.filter(([, schema]) => !Object.keys(schema).length).map(([name]) => name);
  if (!untyped.length || !example || typeof example !== "object") return example;
  return Object.fromEntries(Object.entries(example).filter(([name]) => !untyped.includes(name)));
}

function show(description) {
  const info = description.info || {};
  at("title").textContent = document.title = info.title || "Scoring API";
  at("about").textContent = [info.description, info.version && "version " + info.version].filter(Boolean).join(" ");
  const input = shapes(description).ServiceInput || {};
  const output = shapes(description).ServiceOutput || {};
  const names = Object.entries(input.properties || {});
  const example = typed(input.example === undefined ? {} : input.example, names);
  fill("input", names.map(([name, schema]) => [name, kind(schema), JSON.stringify((example || {})[name]) || ""]));
  at("input").hidden = names.length === 0;
  at("input-schema").textContent = pretty(input);
  at("output").textContent = kind(output);
  at("output-schema").textContent = pretty(output);
  sample = pretty(example);
  if (!at("body").value) at("body").value = sample;
  at("problem").hidden = true;
  echo();
}

function request() {
  const headers = { ...authorization() };
  if (at("events").checked) headers.Accept = "text/event-stream";
  if (at("method").value === "GET") return { url: "score?" + query(), options: { headers } };
  if (at("type").value) headers["Content-Type"] = at("type").value;
  return { url: "score", options: { method: "POST", headers, body: at("body").value } };
}

function query() {
  try {
    const given = Object.entries(JSON.parse(at("body").value || "{}"));
    const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));
    return new URLSearchParams(given.map(([name, value]) => [name, text(value)])).toString();
  } catch {
    return at("body").value;
  }
}

function echo() {
  const { url, options } = request();
  const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
  const words = ["curl", quoted(here(url).href)];
  for (const [name, value] of Object.entries(options.headers)) {
    words.push("-H", quoted(name + ": " + (name === "Authorization" ? "Bearer $KEY" : value)));
  }
  if (options.body !== undefined) words.push("--data-binary", quoted(options.body));
  at("curl").textContent = words.join(" ");
}

async function send(event) {
  event.preventDefault();
  const { url, options } = request();
  const began = performance.now();
  at("answer").hidden = false;
  at("status").textContent = "…";
  at("result").textContent = "";
  fill("timing", []);
  fill("headers", []);
  try {
    const answer = await fetch(here(url), options);
    at("status").textContent = answer.status + " " + answer.statusText;
    at("status").className = answer.ok ? "good" : "bad";
    fill("headers", [...answer.headers]);
    await read(answer);
    timing(answer.headers.get("server-timing"), performance.now() - began);
  } catch (wrong) {
    at("status").className = "bad";
    at("status").textContent += " " + wrong.message;
  }
}

async function read(answer) {
  const type = (answer.headers.get("content-type") || "").split(";")[0];
  if (type === "application/json") {
    const text = await answer.text();
    try {
      at("result").textContent = pretty(JSON.parse(text));
    } catch {
      at("result").textContent = text; // NaN and Infinity are sent as they are
    }
    return;
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) at("result").append(part.value);
}

function timing(header, whole) {
  const parts = (header || "").split(",").map((part) => {
    const [name, ...about] = part.trim().split(";");
    const took = about.map((word) => word.trim()).find((word) => word.startsWith("dur="));
    return took && [name, Number(took.slice(4))];
  });
  const rows = [...parts.filter(Boolean), ["seen from this page", whole]];
  fill("timing", rows.map(([name, took]) => {
    const meter = document.createElement("meter");
    meter.max = whole;
    meter.value = took;
    return [name, took.toFixed(2) + " ms", meter];
  }));
}

function start() {
  describe().then(show).catch((wrong) => {
    at("problem").textContent = wrong.message;
    at("problem").hidden = false;
  });
}

at("try").addEventListener("submit", send);
at("try").addEventListener("input", echo);
at("key").addEventListener("change", start);
at("sample").addEventListener("click", () => { at("body").value = sample; echo(); });
start();
