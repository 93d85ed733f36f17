// The Logs tab: a live tail and a search over what is kept. The stream is
// opened first and the kept lines are asked for then, so that none is missed
// in between; lines that come twice have the same id.

import { colourOf, h, kept } from "./dom.js";
import { row } from "./row.js";

const most = 1500; // rows in the page
const rows = document.getElementById("rows");
const form = document.getElementById("filter");
const input = form.elements.filter;
const state = document.getElementById("state");
const buttons = { errors: document.getElementById("errors"), pause: document.getElementById("pause"), end: document.getElementById("end") };

const colours = new Map();
let stream;
let held = null; // lines that came while paused
let last = 0; // id of the newest line that is shown
let following = true;

const colour = (source) => {
  if (!colours.has(source)) colours.set(source, colourOf(colours.size));
  return colours.get(source);
};

// What the filter says, as far as the page itself needs to know.
const tokens = () => input.value.match(/"[^"]*"|\S+/g) || [];
const words = () => tokens().filter((t) => !/^(source|level):|^-/i.test(t)).map((t) => t.replaceAll('"', "")).filter((t) => t.length > 1);
const chosen = () => tokens().filter((t) => /^source:/i.test(t)).flatMap((t) => t.slice(7).split(",")).filter(Boolean);

function set(text) {
  input.value = text.trim().replace(/\s+/g, " ");
  open();
}

function open() {
  kept.set("filter", input.value);
  buttons.errors.setAttribute("aria-pressed", String(tokens().includes("level:error")));
  stream?.close();
  rows.replaceChildren();
  last = 0;
  held = held && [];
  following = true;
  const mine = stream = new EventSource("api/tail?filter=" + encodeURIComponent(input.value));
  let early = [];
  mine.addEventListener("lines", (e) => (early ? early.push(...JSON.parse(e.data)) : take(JSON.parse(e.data))));
  mine.addEventListener("missed", (e) => !held && rows.append(h("div", { class: "note" }, `${e.data} lines came too fast to be shown. The filter still searches them.`)));
  mine.addEventListener("round", (e) => turn(JSON.parse(e.data)));
  mine.addEventListener("sources", (e) => chips(JSON.parse(e.data)));
  mine.onopen = async () => {
    early = early || [];
    try {
      const answer = await fetch("api/lines?limit=500&filter=" + encodeURIComponent(input.value));
      const found = await answer.json();
      if (mine === stream) take(found);
    } finally {
      if (mine === stream && early) take(early);
      early = null;
      tell();
    }
  };
  mine.onerror = () => { state.textContent = "The rehearsal cannot be reached. Trying again …"; };
}

// The lines of a round that is over are gone as soon as another one has some.
let round = "";
function turn(to) {
  if (round && round !== to) {
    rows.replaceChildren();
    held = held && [];
  }
  round = to;
  document.getElementById("round").textContent = `only of ${round}, the latest round`;
  tell();
}

function take(lines) {
  const fresh = lines.filter((l) => l.id > last);
  if (!fresh.length) return;
  last = fresh.at(-1).id;
  if (held) held.push(...fresh);
  else draw(fresh);
  tell();
}

function draw(lines) {
  const marks = words();
  const part = document.createDocumentFragment();
  for (const line of lines.slice(-most)) part.append(row(line, colour(line.source), marks));
  rows.append(part);
  while (rows.children.length > most) rows.firstChild.remove();
  if (following) rows.scrollTop = rows.scrollHeight;
}

function tell() {
  const n = rows.querySelectorAll(".row").length;
  state.textContent = held ? `paused, ${held.length} newer line${held.length === 1 ? "" : "s"}` : `${n} line${n === 1 ? "" : "s"}${n >= most ? " (the newest)" : ""}, live`;
  if (n === 0 && !held) state.textContent = input.value ? "nothing fits, waiting" : "waiting for the first line";
  buttons.end.hidden = following || Boolean(held);
}

let chipsAre = "";
let silentToo = false;
function chips(counts) {
  const on = chosen();
  const key = JSON.stringify([counts, on, silentToo]);
  if (key === chipsAre) return;
  chipsAre = key;
  // Tasks come and go: what has been silent for a while stands behind one chip.
  const silent = counts.filter((c) => c.silent && !on.includes(c.source));
  const shown = silentToo ? counts : counts.filter((c) => !silent.includes(c));
  document.getElementById("chips").replaceChildren(...[
    ...shown.map((c) => chip(c, on)),
    silent.length > 0 && h("button", {
      class: "chip quiet", type: "button", "aria-pressed": String(silentToo), "data-testid": "silent", title: "Sources that said nothing in the last minute: " + silent.map((c) => c.source).join(", "),
      onclick: () => { silentToo = !silentToo; chips(counts); },
    }, `${silent.length} silent`),
    shown.some((c) => c.errors > 0) && h("span", { class: "key" }, "errors of the last minute"),
  ].filter(Boolean));
}

function chip(c, on) {
  return h("button", {
    class: c.silent ? "chip quiet" : "chip", type: "button", "aria-pressed": String(on.includes(c.source)), "data-testid": "source-" + c.source, title: `${c.lines} lines, ${c.errors} errors in the last minute`,
    onclick: () => {
      const next = on.includes(c.source) ? on.filter((s) => s !== c.source) : [...on, c.source];
      set([next.length ? "source:" + next.join(",") : "", ...tokens().filter((t) => !/^source:/i.test(t))].join(" "));
    },
  }, h("i", { ground: colour(c.source) }), c.source, c.errors > 0 && h("span", { class: "bad" }, c.errors));
}

let typing;
input.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(open, 200); });
form.addEventListener("submit", (e) => { e.preventDefault(); clearTimeout(typing); open(); });
buttons.errors.addEventListener("click", () => {
  const rest = tokens().filter((t) => !/^level:/i.test(t)).join(" ");
  set(buttons.errors.getAttribute("aria-pressed") === "true" ? rest : rest + " level:error");
});
buttons.pause.addEventListener("click", () => {
  const lines = held;
  held = held ? null : [];
  buttons.pause.setAttribute("aria-pressed", String(Boolean(held)));
  buttons.pause.textContent = held ? "Go on" : "Pause";
  if (lines) draw(lines);
  tell();
});
buttons.end.addEventListener("click", () => { rows.scrollTop = rows.scrollHeight; });
rows.addEventListener("scroll", () => {
  following = rows.scrollHeight - rows.scrollTop - rows.clientHeight < 40;
  buttons.end.hidden = following || Boolean(held);
});
input.value = kept.get("filter");
open();
document.documentElement.dataset.ready = "true";
