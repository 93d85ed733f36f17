// Building DOM nodes. Nothing in this page ever assigns HTML from a string,
// so text from the bot or from a person cannot become markup.

const svgNS = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
  for (const [key, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "text") node.textContent = value;
    else if (key === "style") Object.entries(value).forEach(([k, v]) => node.style.setProperty(k, v));
    else node.setAttribute(key, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

/** append adds children: nodes, strings, nested lists; empty values are left out. */
export function append(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === "") continue;
    node.append(child);
  }
  return node;
}

/** h makes an HTML element: h("p", {class: "x", onclick: f}, "text", node). */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** svg makes an SVG element in the same way. */
export function svg(tag, props, ...children) {
  return fill(document.createElementNS(svgNS, tag), props, children);
}

const icons = {
  hash: "M9.5 3 8 17M14 3l-1.5 14M4.5 7.5h13M3.5 12.5h13",
  lock: "M6 9V6.5a4 4 0 0 1 8 0V9M4.5 9h11v8h-11z",
  thread: "M4 4h12M4 8h12M4 12h7m2.5 1.5v4l3-2z",
  mail: "M3 5h14v10H3zM3 5.5l7 6 7-6",
  close: "M5 5l10 10M15 5 5 15",
  out: "M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7",
  file: "M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5",
  down: "M10 3v10M6 9l4 4 4-4M4 17h12",
  eye: "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zM10 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  chart: "M3 3v14h14M6 13l3.5-4 3 2.5L17 6",
  rows: "M3 5h14M3 10h14M3 15h9",
  book: "M4 3.5h9.5a2 2 0 0 1 2 2v11H6a2 2 0 0 1-2-2zM4 14.5a2 2 0 0 1 2-2h9.5M7 6.5h5",
  copy: "M7 7h9v10H7zM4 13V3h9",
  person: "M10 10a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 10 10zM3.5 17c.6-3.4 3.2-5 6.5-5s5.9 1.6 6.5 5",
};

/** icon draws one of the page's own line icons. */
export function icon(name) {
  return svg("svg", { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("path", { d: icons[name] }));
}

/** avatar is a disc with a person's initials, in that person's colour. */
export function avatar(person, size) {
  const words = (person.name || "?").split(/[\s_.-]+/).filter(Boolean);
  const initials = (words.length > 1 ? words[0][0] + words[1][0] : (person.name || "?").slice(0, 2)).toUpperCase();
  const disc = h("span", { class: "avatar " + (size || ""), style: { "--hue": person.color || "#8aa0a6" }, "aria-hidden": "true" });
  disc.append(person.role === "bot" ? botGlyph() : initials);
  if (person.role === "bot") disc.classList.add("bot");
  return disc;
}

function botGlyph() {
  return svg("svg", { viewBox: "0 0 32 32" },
    svg("path", { class: "glyph-good", d: "M14.2 3.1 4.4 8.8v14.4l9.8 5.7 1.3-8.2-4.1-1.2 4.4-9.1z" }),
    svg("path", { class: "glyph-chaos", d: "m18 3.2 9.6 5.6v14.4L16.8 29.4l1.7-10.5-4.6-1.3z" }));
}

/** copyText puts text on the clipboard; where the browser refuses, by selection. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "offscreen" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
