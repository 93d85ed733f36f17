// One log line as DOM: closed it is one row, open it shows its JSON.

import { h, time } from "./dom.js";

// Said by the row's own columns, or the same in every line.
const quiet = new Set(["time", "level", "msg", "service"]);

/** row draws a line. words are marked; colour is the source's. */
export function row(line, colour, words) {
  const node = h("button", { class: "row " + line.level, type: "button", "data-testid": "line", "data-id": line.id, "data-level": line.level, "aria-expanded": "false", onclick: () => toggle(node, line) },
    h("span", { class: "at" }, time(new Date(line.at), { ms: true })),
    h("span", { class: "source", colour }, line.source),
    h("span", { class: "text" }, marked(line.text, words), extras(line, words)));
  return node;
}

function extras({ fields, source }, words) {
  if (!fields || typeof fields !== "object") return null;
  // What went wrong stands first, the id that joins lines last.
  const rank = (k) => (k === "error" ? 0 : k === "request_id" ? 2 : 1);
  return Object.entries(fields).filter(([k, v]) => !quiet.has(k) && v !== source && v !== "" && v !== null).sort(([a], [b]) => rank(a) - rank(b)).map(([k, v]) => {
    const text = typeof v === "string" ? v : JSON.stringify(v);
    return h("span", { class: "more" }, "  " + k + "=", h("b", {}, marked(/\s/.test(text) ? JSON.stringify(text) : text, words)));
  });
}

function marked(text, words) {
  if (!words.length) return text;
  const pattern = new RegExp("(" + words.map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|") + ")", "gi");
  return text.split(pattern).map((part, i) => (i % 2 ? h("mark", {}, part) : part));
}

function toggle(node, line) {
  // Somebody who marks text with the mouse does not want it to jump.
  if (String(getSelection())) return;
  const open = node.nextSibling?.classList?.contains("detail");
  node.setAttribute("aria-expanded", String(!open));
  if (open) node.nextSibling.remove();
  else {
    node.after(detail(line));
    node.nextSibling.scrollIntoView({ block: "nearest" });
  }
}

function detail(line) {
  const body = line.fields ? JSON.stringify(line.fields, null, 2) : line.text;
  const parts = line.fields ? body.split(/("(?:\\.|[^"\\])*"(?=:)|"(?:\\.|[^"\\])*"|-?\b\d+(?:\.\d+)?\b)/).map((p, i) => (i % 2 ? h("span", { class: p[0] !== '"' ? "n" : "" }, p) : p)) : body;
  if (line.fields) {
    parts.forEach((p, i) => {
      if (typeof p !== "string" && p.textContent[0] === '"') p.className = typeof parts[i + 1] === "string" && parts[i + 1].startsWith(":") ? "k" : "s";
    });
  }
  return h("pre", { class: "detail", "data-testid": "detail" }, parts);
}
