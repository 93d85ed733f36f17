// Discord's Markdown, as DOM nodes. It knows Discord's syntax and nothing of
// the chat: names behind <@id> and <#id> come from the caller. It never makes
// HTML from a string, and links lead to http and https only.

import { h, append } from "./dom.js";
import { codeBlock } from "./code.js";
import { emojiText } from "./emoji.js";
import { longTime, stamp } from "./time.js";

/**
 * markdown renders text into a fragment.
 * names: {user(id), channel(id), role(id)}, each -> {label, color?, open?} or undefined.
 */
export function markdown(text, names = {}) {
  const out = document.createDocumentFragment();
  append(out, blocks(String(text || "").replace(/\r\n?/g, "\n"), names, 0));
  return out;
}

const deepest = 12; // nesting beyond this is shown as it was typed

function blocks(text, names, depth) {
  if (depth > deepest) return [text];
  const out = [];
  const lines = text.split("\n");
  let para = [];
  const flush = () => {
    while (para.length && para[para.length - 1] === "" && out.length) para.pop();
    if (para.length) out.push(h("div", { class: "md-p" }, inline(para.join("\n"), names, depth + 1)));
    para = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    let m;
    if (line.startsWith(">>> ")) {
      flush();
      out.push(h("blockquote", {}, blocks([line.slice(4), ...lines.slice(i + 1)].join("\n"), names, depth + 1)));
      return out;
    }
    if (/^> ?/.test(line) && (line === ">" || line.startsWith("> "))) {
      flush();
      const quoted = [];
      for (; i < lines.length && (lines[i].startsWith("> ") || lines[i] === ">"); i++) quoted.push(lines[i].slice(2));
      i--;
      out.push(h("blockquote", {}, blocks(quoted.join("\n"), names, depth + 1)));
    } else if ((m = fence(lines, i))) {
      if (m.before.trim()) para.push(m.before);
      flush();
      out.push(codeBlock(m.code, m.lang));
      if (m.after.trim()) lines.splice(m.end + 1, 0, m.after.replace(/^ +/, ""));
      i = m.end;
      if (lines[i + 1] === "" && i + 2 < lines.length) i++;
    } else if ((m = /^(#{1,3}) +(\S.*)$/.exec(line))) {
      flush();
      out.push(h("h" + (m[1].length + 2), { class: "md-h" + m[1].length }, inline(m[2], names, depth + 1)));
    } else if ((m = /^-# +(\S.*)$/.exec(line))) {
      flush();
      out.push(h("div", { class: "md-small" }, inline(m[1], names, depth + 1)));
    } else if (bullet(line)) {
      flush();
      const taken = list(lines, i, names, depth);
      out.push(taken.node);
      i = taken.end;
    } else {
      if (line === "" && !para.length && out.length) continue;
      para.push(line);
    }
  }
  flush();
  return out;
}

// fence finds a code block that begins on line i; it may begin in mid-line.
function fence(lines, i) {
  const at = lines[i].indexOf("```");
  if (at < 0) return null;
  const rest = [lines[i].slice(at + 3), ...lines.slice(i + 1)].join("\n");
  const close = rest.indexOf("```", 1);
  if (close < 0 || !rest.slice(0, close).trim()) return null;
  const inner = rest.slice(0, close);
  const head = /^([\w+#.-]*)\n/.exec(inner);
  return {
    before: lines[i].slice(0, at),
    lang: head ? head[1] : "",
    code: (head ? inner.slice(head[0].length) : inner).replace(/^\n+|\s+$/g, ""),
    after: rest.slice(close + 3).split("\n")[0],
    end: i + inner.split("\n").length - 1,
  };
}

function bullet(line) {
  const m = /^( *)(?:([-*])|(\d{1,9})\.) +(\S.*)$/.exec(line);
  return m && { indent: m[1].length, ordered: m[3] !== undefined, number: Number(m[3] || 0), text: m[4] };
}

function list(lines, start, names, depth) {
  const first = bullet(lines[start]);
  const node = h(first.ordered ? "ol" : "ul", first.ordered ? { start: first.number } : {});
  let i = start;
  for (; i < lines.length; i++) {
    const item = bullet(lines[i]);
    if (!item) {
      // An indented line goes on with the item above it.
      if (/^ {2,}\S/.test(lines[i]) && node.lastChild) append(node.lastChild, [h("br"), inline(lines[i].trim(), names, depth + 1)]);
      else break;
    } else if (item.indent > first.indent + 1 && node.lastChild && depth < deepest) {
      const nested = list(lines, i, names, depth + 1);
      node.lastChild.append(nested.node);
      i = nested.end;
    } else if (item.indent < first.indent || item.ordered !== first.ordered) {
      break;
    } else {
      node.append(item.ordered || !task(item.text)
        ? h("li", {}, inline(item.text, names, depth + 1))
        : h("li", { class: "md-task" }, checkbox(item.text), inline(item.text.slice(3).trim(), names, depth + 1)));
    }
  }
  return { node, end: i - 1 };
}

const task = (text) => /^\[[ xX]\] /.test(text);
const checkbox = (text) => h("span", { class: "md-box" + (text[1] === " " ? "" : " done"), "aria-label": text[1] === " " ? "open" : "done" });

// Each rule: a sticky pattern and what to make of it. The first that fits wins.
const rules = [
  [/\\([^A-Za-z0-9\s])/y, (m) => m[1]],
  [/(`{1,2})([^\n]*?[^`\n])\1(?!`)/y, (m) => h("code", {}, m[2].trim() || m[2])],
  [/<t:(-?\d{1,13})(?::([tTdDfFsSR]))?>/y, (m) => timestamp(Number(m[1]), m[2] || "f")],
  [/<@!?(\d+)>/y, (m, n) => pill("@", n.user && n.user(m[1]), m[0])],
  [/<@&(\d+)>/y, (m, n) => pill("@", n.role && n.role(m[1]), m[0])],
  [/<#(\d+)>/y, (m, n) => pill("#", n.channel && n.channel(m[1]), m[0])],
  [/<\/([-\w ]{1,100}):\d+>/y, (m) => h("span", { class: "pill" }, "/" + m[1])],
  [/<a?(:\w{2,32}:)\d+>/y, (m) => m[1]],
  [/<(https?:\/\/[^\s<>]+)>/y, (m) => link(m[1], m[1])],
  [/\[([^\]\n]{1,500})\]\(<?(https?:\/\/[^\s<>)]+(?:\([^\s<>)]*\)[^\s<>)]*)?)>?(?: +"([^"\n]*)")?\)/y,
    (m, n, d) => link(m[2], inline(m[1], { ...n, inLink: true }, d), m[3])],
  [/https?:\/\/[^\s<>"|`]*[^\s<>"|`.,:;!?'*_)\]]/y, (m, n) => (n.inLink ? m[0] : link(m[0], m[0]))],
  [/@(everyone|here)\b/y, (m) => h("span", { class: "pill" }, m[0])],
  [/\*\*\*([^\s*](?:[\s\S]*?[^\s])?)\*\*\*(?!\*)/y, (m, n, d) => h("strong", {}, h("em", {}, inline(m[1], n, d)))],
  [/\*\*([\s\S]+?)\*\*(?!\*)/y, (m, n, d) => h("strong", {}, inline(m[1], n, d))],
  [/__([\s\S]+?)__(?!_)/y, (m, n, d) => h("u", {}, inline(m[1], n, d))],
  [/~~([\s\S]+?)~~/y, (m, n, d) => h("s", {}, inline(m[1], n, d))],
  [/\|\|([\s\S]+?)\|\|/y, (m, n, d) => spoiler(inline(m[1], n, d))],
  [/\*(?![\s*])((?:\*\*[^*]+\*\*|[^*])+?)(?<!\s)\*(?!\*)/y, (m, n, d) => h("em", {}, inline(m[1], n, d))],
  [/(?<!\w)_(?!_)([\s\S]+?)(?<!_)_(?!\w)/y, (m, n, d) => h("em", {}, inline(m[1], n, d))],
];
const special = /[\\`<[*_~|@]|https?:\/\//g;

function inline(text, names, depth) {
  if (depth > deepest) return [text];
  const out = [];
  let plain = "";
  const flush = () => {
    if (plain) out.push(...textNodes(plain));
    plain = "";
  };
  for (let at = 0; at < text.length;) {
    special.lastIndex = at;
    const next = special.exec(text);
    const stop = next ? next.index : text.length;
    plain += text.slice(at, stop);
    if (!next) break;
    const hit = match(text, stop);
    if (hit) {
      const made = hit.make(hit.m, names, depth + 1);
      if (typeof made === "string") plain += made;
      else {
        flush();
        out.push(made);
      }
      at = stop + hit.m[0].length;
    } else {
      plain += text[stop];
      at = stop + 1;
    }
  }
  flush();
  return out;
}

function match(text, at) {
  for (const [pattern, make] of rules) {
    pattern.lastIndex = at;
    const m = pattern.exec(text);
    if (m) return { m, make };
  }
  return null;
}

function textNodes(text) {
  return text.split("\n").flatMap((line, i) => (i ? [h("br"), ...emojiText(line)] : emojiText(line)));
}

function timestamp(unix, style) {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.getTime())) return `<t:${unix}>`;
  return h("time", { class: "stamp", datetime: date.toISOString(), title: longTime(date), "data-relative": style === "R" }, stamp(date, style));
}

function pill(sign, name, fallback) {
  if (!name) return h("span", { class: "pill unknown", title: fallback }, sign + "unknown");
  const props = { class: "pill" + (name.me ? " me" : ""), style: name.color ? { "--hue": name.color } : {} };
  if (!name.open) return h("span", props, sign + name.label);
  return h("a", { ...props, href: "#", onclick: (e) => { e.preventDefault(); name.open(); } }, sign + name.label);
}

function link(href, content, title) {
  return h("a", { href, title: title || href, target: "_blank", rel: "noopener noreferrer" }, content);
}

function spoiler(content) {
  const box = h("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Spoiler, press to show", "aria-expanded": "false" }, h("span", {}, content));
  const open = (e) => {
    if (box.classList.contains("open") || (e.type === "keydown" && e.key !== "Enter" && e.key !== " ")) return;
    e.preventDefault();
    box.classList.add("open");
    box.setAttribute("aria-expanded", "true");
    box.removeAttribute("aria-label");
  };
  box.addEventListener("click", open, true);
  box.addEventListener("keydown", open);
  return box;
}
