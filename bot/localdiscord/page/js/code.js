// Code blocks: language label, copy button, and a little colour for the
// languages that the bot's messages use. Plain text otherwise.

import { copyText, h } from "./dom.js";

const shell = [
  [/#.*$/my, "c"], [/"(?:\\.|[^"\\])*"|'[^']*'/y, "s"], [/\$\w+|\$\{\w+\}/y, "v"],
  [/\b(?:export|cd|if|then|fi|for|do|done|while|sudo)\b/y, "k"], [/(?<=\s)--?[a-zA-Z][\w-]*/y, "k"],
];
const data = [
  [/"(?:\\.|[^"\\])*"(?=\s*:)/y, "k"], [/"(?:\\.|[^"\\])*"/y, "s"], [/-?\b\d+(?:\.\d+)?\b/y, "v"], [/\b(?:true|false|null)\b/y, "v"],
];
const grammars = { sh: shell, bash: shell, shell, zsh: shell, json: data };

/** codeBlock is a figure with the code, its language and a button that copies it. */
export function codeBlock(code, lang) {
  const copy = h("button", { class: "copy", type: "button", "data-testid": "copy", "aria-label": "Copy this block" }, "Copy");
  copy.addEventListener("click", async () => {
    await copyText(code);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  return h("figure", { class: "code" },
    h("figcaption", {}, h("span", {}, lang || "text"), copy),
    h("pre", { tabindex: "0" }, h("code", {}, colour(code, lang.toLowerCase()))));
}

function colour(code, lang) {
  if (lang === "diff") {
    return code.split("\n").flatMap((line, i) => [i ? "\n" : "", h("span", { class: line[0] === "+" ? "t-s" : line[0] === "-" ? "t-x" : "" }, line)]);
  }
  const grammar = grammars[lang];
  if (!grammar || code.length > 20000) return code;
  const out = [];
  let plain = "";
  for (let at = 0; at < code.length;) {
    const hit = token(grammar, code, at);
    if (hit) {
      out.push(plain, h("span", { class: "t-" + hit.kind }, hit.text));
      plain = "";
      at += hit.text.length;
    } else plain += code[at++];
  }
  return [...out, plain];
}

function token(grammar, code, at) {
  for (const [pattern, kind] of grammar) {
    pattern.lastIndex = at;
    const m = pattern.exec(code);
    if (m && m[0]) return { text: m[0], kind };
  }
  return null;
}
