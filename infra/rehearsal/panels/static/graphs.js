// The Graphs tab: asks every two seconds, draws what comes.

import { h, kept } from "./dom.js";
import { Chart } from "./chart.js";

const refresh = 2000; // ms
const grid = document.getElementById("grid");
const form = document.getElementById("query");
const spans = document.getElementById("spans");
const empty = h("div", { class: "empty", "data-testid": "empty" });

let minutes = kept.get("minutes") || "5";
let own = kept.get("expr"); // what a person asked for
let at = null; // the moment under the pointer
let charts = new Map();
let turn = 0;

const hover = (t) => {
  at = t;
  charts.forEach((c) => c.draw(at));
};

function choose(span) {
  minutes = span;
  kept.set("minutes", span);
  spans.replaceChildren(...["5", "15", "60"].map((m) => h("button", {
    type: "button", "aria-pressed": String(m === minutes), "data-testid": "span-" + m, onclick: () => { choose(m); tick(); },
  }, m + " min")));
}

async function ask(path) {
  const answer = await fetch(path);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error || String(answer.status));
  return body;
}

async function tick() {
  const mine = ++turn;
  try {
    const [board, extra] = await Promise.all([
      ask("api/graphs?minutes=" + minutes),
      own ? ask(`api/query?minutes=${minutes}&expr=${encodeURIComponent(own)}`).catch((err) => ({ failed: err.message })) : null,
    ]);
    if (mine === turn) show(board, extra);
  } catch {
    if (mine === turn) say("The rehearsal cannot be reached.", "Trying again …");
  }
}

function say(title, text) {
  charts.clear();
  empty.replaceChildren(h("b", {}, title), text);
  grid.replaceChildren(empty);
}

function show(board, extra) {
  if (!board.running) {
    say("No round is running.", "Graphs appear as soon as a round is ready.");
    return;
  }
  const wanted = board.graphs.map((g, i) => ({ key: i + g.title, graph: g }));
  if (extra) wanted.unshift({ key: "own", graph: extra.graphs?.[0] || { title: own, expr: own, series: [], threshold: null, below: false, error: extra.failed }, own: true });
  const fresh = new Map();
  for (const w of wanted) fresh.set(w.key, charts.get(w.key) || new Chart(hover, w.own && forget));
  charts = fresh;
  const nodes = wanted.map((w) => charts.get(w.key).node);
  if (nodes.length !== grid.children.length || nodes.some((n, i) => grid.children[i] !== n)) grid.replaceChildren(...nodes);
  wanted.forEach((w) => charts.get(w.key).show(w.graph, board, at));
}

function forget() {
  own = "";
  kept.set("expr", "");
  form.elements.expr.value = "";
  tick();
}

form.addEventListener("submit", (e) => {
  e.preventDefault();
  own = form.elements.expr.value.trim();
  kept.set("expr", own);
  tick();
});
form.elements.expr.value = own;
new ResizeObserver(() => charts.forEach((c) => c.draw(at))).observe(grid);
choose(minutes);

// One request at a time; none while nobody looks.
async function follow() {
  if (!document.hidden) await tick();
  setTimeout(follow, refresh);
}
follow();
document.documentElement.dataset.ready = "true";
