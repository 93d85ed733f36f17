// One graph: axes, lines with gaps, threshold, legend, and a read-out under
// the pointer that all graphs share, so that one moment is seen everywhere.

import { colourOf, h, svg, time } from "./dom.js";
import { read, ticks } from "./units.js";

const height = 150;
const few = 4; // lines that one takes in at a glance
const pad = { left: 50, right: 10, top: 8, bottom: 20 };

export class Chart {
  /** hover(t | null) tells the board where the pointer is; close, if given, removes the card. */
  constructor(hover, close) {
    this.title = h("h2", {});
    this.now = h("span", { class: "now", "data-testid": "now" });
    this.picture = svg("svg", { class: "chart", role: "img" });
    this.legend = h("div", { class: "legend", "data-testid": "legend" });
    this.error = h("div", { class: "error", role: "alert", "data-testid": "error", hidden: true });
    this.node = h("section", { class: "card", "data-testid": "graph" },
      h("header", {}, this.title, this.now, close && h("button", { class: "close", type: "button", "aria-label": "Remove this graph", onclick: close }, "×")),
      this.error, this.picture, this.legend);
    this.picture.addEventListener("pointermove", (e) => hover(this.timeAt(e)));
    this.picture.addEventListener("pointerleave", () => hover(null));
  }

  /** show draws new data. graph and board are as the server sends them. */
  show(graph, board, at) {
    this.graph = graph;
    this.board = board;
    this.title.textContent = graph.title;
    this.title.title = graph.expr;
    this.node.dataset.title = graph.title;
    this.picture.setAttribute("aria-label", graph.title);
    this.error.hidden = !graph.error;
    this.error.textContent = graph.error || "";
    this.picture.toggleAttribute("hidden", Boolean(graph.error));
    this.legend.hidden = Boolean(graph.error);
    this.now.hidden = Boolean(graph.error);
    this.draw(at);
  }

  draw(at) {
    const { graph } = this;
    if (!graph || graph.error) return;
    const width = Math.max(200, this.picture.clientWidth || this.node.clientWidth - 26 || 400);
    this.width = width;
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const scale = this.scale();
    const parts = [this.axes(scale)];
    if (graph.threshold !== null) parts.push(this.limit(scale));
    graph.series.forEach((s, i) => parts.push(svg("path", { d: this.path(s.points, scale), stroke: colourOf(i), "data-testid": "line", "data-name": s.name })));
    if (!graph.series.some((s) => s.points.length)) parts.push(svg("text", { class: "nothing", x: width / 2, y: height / 2, "text-anchor": "middle" }, "No data in this time"));
    if (at) parts.push(this.cross(at, scale));
    this.picture.replaceChildren(...parts.flat());
    this.readOut(at);
    this.node.classList.toggle("over", this.isOver());
  }

  scale() {
    const { graph, board } = this;
    let low = 0;
    let high = 0;
    for (const s of graph.series) for (const [, v] of s.points) { low = Math.min(low, v); high = Math.max(high, v); }
    if (graph.threshold !== null) high = Math.max(high, graph.threshold * 1.25);
    if (graph.unit === "bool") high = Math.max(high, 1);
    if (high === low) high = low + 1;
    const { values, step } = ticks(low, high, 4);
    const top = Math.max(high, values.at(-1)) === values.at(-1) ? values.at(-1) : values.at(-1) + step;
    if (top > values.at(-1)) values.push(top);
    const w = this.width - pad.left - pad.right;
    const hgt = height - pad.top - pad.bottom;
    return {
      values, top,
      x: (t) => pad.left + ((t - board.from) / (board.to - board.from)) * w,
      y: (v) => pad.top + (1 - (v - low) / (top - low)) * hgt,
    };
  }

  axes({ values, x, y }) {
    const { board, graph } = this;
    const out = [];
    const labels = graph.unit === "bool" ? [0, 1] : values;
    for (const v of labels) {
      out.push(svg("line", { class: "rule", x1: pad.left, x2: this.width - pad.right, y1: y(v), y2: y(v) }),
        svg("text", { x: pad.left - 7, y: y(v) + 3.5, "text-anchor": "end" }, read(v, graph.unit === "ratio" || graph.unit === "s" || graph.unit === "bool" || graph.unit === "bytes" ? graph.unit : "")));
    }
    const minutes = (board.to - board.from) / 60000;
    const every = (minutes <= 5 ? 1 : minutes <= 15 ? 3 : 10) * (this.width < 330 ? 2 : 1) * 60000;
    const shift = new Date(board.from).getTimezoneOffset() * 60000;
    for (let t = Math.ceil((board.from - shift) / every) * every + shift; t <= board.to; t += every) {
      if (x(t) < pad.left + 8 || x(t) > this.width - 14) continue;
      out.push(svg("text", { x: x(t), y: height - 5, "text-anchor": "middle" }, time(new Date(t), { seconds: false })));
    }
    return out;
  }

  limit({ x, y, top }) {
    const { graph, board } = this;
    const at = y(graph.threshold);
    const [from, to] = graph.below ? [at, height - pad.bottom] : [y(top), at];
    return [
      svg("rect", { class: "beyond", x: pad.left, width: this.width - pad.left - pad.right, y: from, height: Math.max(0, to - from), "data-testid": "beyond" }),
      svg("line", { class: "limit", x1: x(board.from), x2: x(board.to), y1: at, y2: at, "data-testid": "threshold" }),
      svg("text", { class: "limit-text", x: pad.left + 5, y: at - 4 }, read(graph.threshold, graph.unit)),
    ];
  }

  // A point that is missing breaks the line; nothing is drawn across.
  path(points, { x, y }) {
    let d = "";
    let last = -Infinity;
    for (const [t, v] of points) {
      const alone = t - last > this.board.step * 1.5;
      d += `${alone ? "M" : "L"}${x(t).toFixed(1)} ${y(v).toFixed(1)}`;
      if (alone) d += "h.01"; // a single point shows as a dot
      last = t;
    }
    return d;
  }

  timeAt(e) {
    const box = this.picture.getBoundingClientRect();
    const at = (e.clientX - box.left - pad.left) / (this.width - pad.left - pad.right);
    const { from, to, step } = this.board;
    const t = from + Math.min(1, Math.max(0, at)) * (to - from);
    return Math.round((t - from) / step) * step + from;
  }

  valueAt(series, t) {
    const p = series.points.find(([at]) => Math.abs(at - t) <= this.board.step / 2);
    return p ? p[1] : null;
  }

  latest(series) {
    const p = series.points.at(-1);
    return p && this.board.to - p[0] <= this.board.step * 2 ? p[1] : null;
  }

  cross(t, { x, y }) {
    return [
      svg("line", { class: "cross", x1: x(t), x2: x(t), y1: pad.top, y2: height - pad.bottom }),
      ...this.graph.series.map((s, i) => [this.valueAt(s, t), i]).filter(([v]) => v !== null).map(([v, i]) => svg("circle", { cx: x(t), cy: y(v), r: 3.5, fill: colourOf(i) })),
    ];
  }

  readOut(t) {
    const { graph } = this;
    const value = (s) => (t ? this.valueAt(s, t) : this.latest(s));
    const { shown, still } = this.ordered();
    this.now.textContent = graph.series.length === 1 ? read(value(graph.series[0]), graph.unit) : "";
    this.legend.replaceChildren(...[
      t && h("span", { class: "when", "data-testid": "when" }, time(new Date(t))),
      ...shown.map(([s, i]) => h("span", { title: s.name }, h("i", { ground: colourOf(i) }), s.name || graph.title, h("b", {}, read(value(s), graph.unit)))),
      still.length > 0 && h("span", { title: still.map(([s]) => s.name).join("\n"), "data-testid": "still" }, `${still.length} line${still.length === 1 ? "" : "s"}, 0 all the time`),
      graph.more > 0 && h("span", {}, `and ${graph.more} more lines`),
    ].filter(Boolean));
  }

  /**
   * ordered lists the lines for the legend, each with its place among the colours. Where they are many, those that
   * were 0 all the time come together, and the others by how high they rose. Where 0 is bad it is shown like any value.
   */
  ordered() {
    const { series, below } = this.graph;
    const all = series.map((s, i) => [s, i]);
    if (all.length <= few) return { shown: all, still: [] };
    const most = (s) => s.points.reduce((high, [, v]) => Math.max(high, v), -Number.MAX_VALUE);
    const flat = ([s]) => !below && s.points.length > 0 && s.points.every(([, v]) => v === 0);
    return { shown: all.filter((l) => !flat(l)).sort(([a], [b]) => most(b) - most(a)), still: all.filter(flat) };
  }

  isOver() {
    const { graph } = this;
    if (graph.threshold === null) return false;
    const now = graph.series.map((s) => this.latest(s)).filter((v) => v !== null);
    return now.some((v) => (graph.below ? v < graph.threshold : v > graph.threshold));
  }
}
