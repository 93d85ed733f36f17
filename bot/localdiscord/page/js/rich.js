// What hangs under a message's text: embeds and attachments.

import { h, icon } from "./dom.js";
import { markdown } from "./markdown.js";
import { clock, dayName, longTime } from "./time.js";

const colourOf = (n) => (typeof n === "number" ? "#" + n.toString(16).padStart(6, "0") : "var(--line-strong)");
// Files of the local Discord are fetched from where the page came from, by
// whichever name (localhost, 127.0.0.1) the page was opened.
function web(url) {
  if (!/^(https?:\/\/|\/(?!\/))/.test(url || "")) return undefined;
  const at = new URL(url, location.href);
  return at.pathname.startsWith("/cdn/") ? at.pathname + at.search : url;
}

// An embed names a file of its own message as attachment://name.
function source(media, message) {
  const m = /^attachment:\/\/(.+)$/.exec(media?.url || "");
  return m ? web((message.attachments || []).find((a) => a.filename === m[1])?.url) : web(media?.url);
}

function picture(src, label, cls) {
  if (!src) return null;
  return h("a", { class: "picture " + (cls || ""), href: src, target: "_blank", rel: "noopener noreferrer" }, h("img", { src, alt: label || "picture", loading: "lazy" }));
}

/** embed draws one embed of a message. */
export function embed(e, message, names) {
  const body = h("div", { class: "embed-body" });
  if (e.author?.name) body.append(h("div", { class: "embed-author" }, e.author.name));
  if (e.title) {
    const url = web(e.url);
    body.append(h("div", { class: "embed-title" }, url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, markdown(e.title, { ...names, inLink: true })) : markdown(e.title, names)));
  }
  if (e.description) body.append(h("div", { class: "embed-text md" }, markdown(e.description, names)));
  if (e.fields?.length) {
    body.append(h("dl", { class: "embed-fields" }, e.fields.map((f) => h("div", { class: f.inline ? "field inline" : "field" },
      h("dt", {}, markdown(f.name, names)), h("dd", { class: "md" }, markdown(f.value, names))))));
  }
  const image = picture(source(e.image, message), e.title, "wide");
  if (image) body.append(image);
  const when = e.timestamp && new Date(e.timestamp);
  if (e.footer?.text || when) {
    body.append(h("div", { class: "embed-foot" }, e.footer?.text, e.footer?.text && when ? " · " : "",
      when && h("time", { datetime: e.timestamp, title: longTime(when) }, dayName(when).replace(/^Today, .*/, "Today"), " ", clock(when))));
  }
  const thumb = picture(source(e.thumbnail, message), "", "thumb");
  return h("div", { class: "embed", style: { "--bar": colourOf(e.color) }, "data-testid": "embed" }, body, thumb);
}

/** attachments draws a message's files, except those that an embed shows already. */
export function attachments(message) {
  const shown = new Set((message.embeds || []).flatMap((e) => [source(e.image, message), source(e.thumbnail, message)]));
  return (message.attachments || []).filter((a) => !shown.has(a.url)).map((a) => {
    if (/^image\//.test(a.content_type || "") || /\.(png|jpe?g|gif|webp|svg)$/i.test(a.filename)) {
      return h("div", { class: "file-picture", "data-testid": "attachment" }, picture(web(a.url), a.filename, "wide"));
    }
    return fileCard(a);
  });
}

export function size(bytes) {
  if (bytes < 1000) return bytes + " B";
  return bytes < 1e6 ? (bytes / 1000).toFixed(1) + " kB" : (bytes / 1e6).toFixed(1) + " MB";
}

function fileCard(a) {
  const preview = h("div", { class: "file-preview md", hidden: true, tabindex: "0" });
  const readable = /\.(md|markdown|txt|log|json)$/i.test(a.filename);
  const toggle = readable && h("button", { class: "quiet", type: "button", "data-testid": "preview", "aria-expanded": "false" }, icon("eye"), h("span", {}, "Preview"));
  if (toggle) toggle.addEventListener("click", () => togglePreview(a, preview, toggle));
  const url = web(a.url);
  return h("div", { class: "file", "data-testid": "attachment" },
    h("div", { class: "file-head" },
      icon("file"),
      h("div", { class: "file-name" }, url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, a.filename) : a.filename, h("span", {}, size(a.size || 0))),
      toggle,
      url && h("a", { class: "quiet", href: url, download: a.filename, "aria-label": "Download " + a.filename }, icon("down"), h("span", {}, "Download"))),
    preview);
}

async function togglePreview(a, preview, toggle) {
  const show = preview.hidden;
  preview.hidden = !show;
  toggle.setAttribute("aria-expanded", String(show));
  toggle.lastChild.textContent = show ? "Close" : "Preview";
  const inView = () => preview.scrollIntoView({ block: "nearest" });
  if (!show || preview.childNodes.length) {
    if (show) inView();
    return;
  }
  preview.textContent = "Loading …";
  try {
    const answer = await fetch(web(a.url));
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    preview.replaceChildren(/\.(md|markdown)$/i.test(a.filename) ? markdown(text) : h("pre", {}, text));
  } catch {
    preview.textContent = "This file cannot be shown here. Download it instead.";
  }
  inView();
}
