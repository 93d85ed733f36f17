// Emoji characters stay as they are. Only where the machine has no colour
// emoji font (a bare Linux, a headless browser) the few that carry meaning in
// the bot's messages are drawn, with the character kept as the node's text.

import { h, svg } from "./dom.js";

const disc = (fill) => () => [svg("circle", { cx: 8, cy: 8, r: 6.4, fill })];
const sign = (fill, d) => () => [svg("circle", { cx: 8, cy: 8, r: 7, fill }), svg("path", { d, fill: "none", stroke: "#fff", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round" })];
const line = (stroke, d) => () => [svg("path", { d, fill: "none", stroke, "stroke-width": 1.6, "stroke-linecap": "round", "stroke-linejoin": "round" })];
const shape = (fill, d, mark) => () => [svg("path", { d, fill }), mark && svg("path", { d: mark, stroke: "#241a05", "stroke-width": 1.7, "stroke-linecap": "round", fill: "none" })].filter(Boolean);

const drawn = {
  "🔴": disc("#f2555a"), "🟠": disc("#f59a3c"), "🟡": disc("#f0cf4d"), "🟢": disc("#4cc38a"),
  "🔵": disc("#4f9cf0"), "🟣": disc("#a37bea"), "⚪": disc("#dfe5e8"), "⚫": disc("#3a4247"),
  "✅": sign("#3aa76d", "M4.8 8.2 7 10.4l4.2-4.6"), "❌": sign("#d8494e", "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2"),
  "⚠": shape("#f2b63d", "M8 1.6 15 14H1z", "M8 6v3.6M8 11.9v.1"),
  "🚨": shape("#f2555a", "M3.5 12V8.5a4.5 4.5 0 0 1 9 0V12h1v2h-11v-2z"),
  "🔥": shape("#f5803c", "M8 1c.6 3 4.5 4.300 4.500 8.300A4.500 4.500 0 0 1 3.500 9.500C3.500 7.500 5 6.600 5.200 4.800 6.600 5.400 8 3.800 8 1z"),
  "💡": shape("#f2cf5b", "M8 1.500a4.600 4.600 0 0 0-2.600 8.400V12h5.200V9.900A4.600 4.600 0 0 0 8 1.500zM6 13h4v1.600H6z"),
  "⏱": line("#b7c6ca", "M8 14A5 5 0 1 0 8 4a5 5 0 0 0 0 10zM8 6.500V9l1.600 1.200M6.500 1.800h3"),
  "📈": line("#5fd6a6", "M2 2v12h12M4.500 11l3-3.500 2 1.800L13.500 4"),
  "📉": line("#f2555a", "M2 2v12h12M4.500 5l3 3.500 2-1.800L13.500 11"),
  "🔑": line("#f2cf5b", "M7.500 8.500a3 3 0 1 1-1-1L13 1.500M11 3.500l2 2"),
  "🔒": line("#b7c6ca", "M4.800 7V5.200a3.200 3.200 0 0 1 6.400 0V7M3.500 7h9v7h-9z"),
  "📝": line("#b7c6ca", "M3 2h8v12H3zM5 5h4M5 8h4M9.500 11l4-4"),
  "🎉": line("#ff8458", "M2 14l3-8 5 5zM9 4l1-2M11 6l3-1M12 9l2 1"),
};
const known = new RegExp(`(${Object.keys(drawn).join("|")})\\uFE0F?`, "u");

let coloured;
function hasEmojiFont() {
  if (coloured !== undefined) return coloured;
  const canvas = h("canvas", { width: 16, height: 16 });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.font = "14px sans-serif";
  pen.fillText("🔴", 0, 13);
  const pixels = pen.getImageData(0, 0, 16, 16).data;
  coloured = false;
  for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > 60 && pixels[i] - pixels[i + 2] > 60) coloured = true;
  return coloured;
}

/** emojiText splits text into nodes and strings, drawing emoji only where no font can. */
export function emojiText(text) {
  if (!known.test(text) || hasEmojiFont()) return [text];
  return text.split(new RegExp(known.source, "u")).map((part) => (drawn[part]
    ? h("span", { class: "emoji", role: "img", "aria-label": part }, svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, drawn[part]()), h("span", {}, part))
    : part));
}
