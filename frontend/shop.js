// The shop's page: products, an order, and the orders of this browser. What the
// shop says is shown as text, never as markup; what it does not say in time is
// told in a sentence, with a way to try again.

const patience = 8000; // ms until an answer is given up
const slow = 2000; // ms until somebody who waits is told that it takes long
const perPage = 24; // products, as the shop lists them
const kept = 6; // orders in the list

const $ = (id) => document.getElementById(id);
const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const number = new Intl.NumberFormat("en-US");
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const price = (cents) => money.format(cents / 100);

// make builds an element. A string among the children becomes text.
function make(tag, props = {}, ...children) {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
}

const svg = "http://www.w3.org/2000/svg";
const icons = ["lantern", "kettle", "rope", "blanket", "compass", "notebook", "backpack", "stove", "tent", "thermos"];
const iconOf = (product) => {
  const name = String(product.category).toLowerCase();
  return "icons.svg#" + (icons.includes(name) ? name : "parcel");
};

function picture(product) {
  const s = document.createElementNS(svg, "svg");
  const use = document.createElementNS(svg, "use");
  s.setAttribute("class", "picture");
  s.setAttribute("aria-hidden", "true");
  use.setAttribute("href", iconOf(product));
  s.append(use);
  return s;
}

// Trouble is an answer that is none, in a sentence for people.
class Trouble extends Error {
  constructor(say, { status = 0, unsure = false, reference = "" } = {}) {
    super(say);
    Object.assign(this, { status, unsure, reference }); // unsure: it may have been done all the same
  }
}

// ask asks the shop and gives what it answered. It throws a Trouble, or, where
// signal ended it, whatever fetch throws.
async function ask(path, { order, signal } = {}) {
  const late = AbortSignal.timeout(patience);
  const asked = { signal: signal ? AbortSignal.any([late, signal]) : late, cache: "no-store" };
  if (order) {
    Object.assign(asked, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order) });
  }
  let response, text;
  try {
    response = await fetch("/api/" + path, asked);
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    if (late.aborted) throw new Trouble(`The shop did not answer within ${patience / 1000} seconds.`, { unsure: true });
    throw new Trouble("The shop cannot be reached.", { unsure: true });
  }
  let body = null;
  try {
    body = JSON.parse(text);
  } catch { /* a balancer's words, not the shop's */ }
  if (response.ok && body) return body;
  throw new Trouble(sentence(response.status, body), {
    status: response.status, reference: body?.request_id ?? "", unsure: !body && response.status !== 503,
  });
}

function sentence(status, body) {
  if (typeof body?.error === "string" && body.error) {
    return body.error[0].toUpperCase() + body.error.slice(1) + (body.error.endsWith(".") ? "" : ".");
  }
  switch (status) {
    case 502: return "The shop broke off without an answer.";
    case 503: return "Nobody is there to answer: the shop has no server that is well.";
    case 504: return "The shop's server did not answer in time.";
    case 403: case 429: return "The shop turned this request away. Too many may have come from here.";
  }
  return `The shop gave an answer that makes no sense here (${status}).`;
}

// tell shows a Trouble and, with again, a button for another try.
function tell(where, before, trouble, again) {
  const said = make("p", {}, [before, trouble.message].filter(Boolean).join(" "));
  if (trouble.reference) said.append(make("small", {}, "Reference " + trouble.reference));
  const box = make("div", { className: "notice" }, said);
  box.setAttribute("role", "alert");
  const retry = () => {
    where.tabIndex = -1;
    where.focus(); // the button goes
    again();
  };
  if (again) box.append(make("button", { type: "button", onclick: retry }, "Try again"));
  where.replaceChildren(box);
}

// Where the page cannot keep anything, it remembers until it is left.
const memory = {};
function recall(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? memory[key] ?? otherwise;
  } catch {
    return memory[key] ?? otherwise;
  }
}
function remember(key, value) {
  memory[key] = value;
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch { /* then it is in memory alone */ }
}

// Products: what is shown stands in the address, so that the browser's own
// buttons work.

let looking = new AbortController();

function wanted() {
  const said = new URLSearchParams(location.search);
  return { q: (said.get("q") ?? "").trim(), page: Math.max(1, Math.trunc(Number(said.get("page"))) || 1) };
}

function address({ q, page }) {
  const said = new URLSearchParams();
  if (q) said.set("q", q);
  if (page > 1) said.set("page", page);
  return said.size ? "?" + said : "./";
}

async function showProducts() {
  looking.abort();
  const { signal } = looking = new AbortController();
  const want = wanted(), list = $("products");
  const chosen = [...$("kinds").children].find((a) => a.search.toLowerCase() === address({ ...want, page: 1 }).replace("./", "").toLowerCase());
  for (const a of $("kinds").children) a.removeAttribute("aria-current");
  chosen?.setAttribute("aria-current", "true");
  $("q").value = want.q;
  $("title").textContent = !want.q ? "Products" : chosen?.textContent ?? `Products with “${want.q}”`;
  $("trouble").replaceChildren();
  $("found").textContent = "Looking…";
  list.setAttribute("aria-busy", "true");
  if (!list.children.length) list.append(...Array.from({ length: 6 }, () => make("li", { className: "blank", ariaHidden: "true" })));
  const waiting = setTimeout(() => { $("found").textContent = "The shop is slow right now. Still waiting…"; }, slow);
  try {
    const query = new URLSearchParams({ q: want.q, page: want.page });
    const found = await ask("products?" + query, { signal });
    if (!Array.isArray(found.products)) throw new Trouble("The shop gave an answer that is no list of products.");
    list.replaceChildren(...found.products.map(card));
    turn(want, found.total);
  } catch (trouble) {
    if (signal.aborted) return; // another list is being looked for
    list.replaceChildren();
    $("pages").hidden = true;
    $("found").textContent = "";
    tell($("trouble"), "The products could not be loaded.", readable(trouble), showProducts);
  } finally {
    clearTimeout(waiting);
    if (!signal.aborted) list.setAttribute("aria-busy", "false");
  }
}

// readable hides what only a programmer could use, and leaves it in the console.
function readable(trouble) {
  if (trouble instanceof Trouble) return trouble;
  console.error(trouble);
  return new Trouble("The page could not use the shop's answer.");
}

// turn says how much there is and leads to the pages beside this one.
function turn(want, total) {
  const last = Math.max(1, Math.ceil(total / perPage));
  const beyond = total === 0 && want.page > 1; // the shop counts nothing on a page that is not there
  $("found").textContent = beyond ? "There is nothing on this page." : total === 1 ? "1 product" : total ? number.format(total) + " products" : "Nothing was found.";
  $("where").textContent = beyond ? `Page ${want.page}` : `Page ${want.page} of ${number.format(last)}`;
  $("pages").hidden = last === 1 && want.page === 1;
  for (const [id, page, there] of [["before", want.page - 1, want.page > 1], ["after", want.page + 1, want.page < last]]) {
    if (there) $(id).href = address({ q: want.q, page });
    else $(id).removeAttribute("href");
  }
}

function card(product) {
  const left = make("p", { className: "left" });
  showLeft(left, product.stock);
  const order = make("button", { type: "button", onclick: () => openOrder(product, left) }, "Order");
  order.setAttribute("aria-label", "Order " + product.name);
  return make("li", {},
    picture(product),
    make("div", { className: "words" },
      make("h3", {}, product.name),
      make("p", { className: "about" }, product.description),
      make("div", { className: "deal" }, make("div", {}, make("p", { className: "price" }, price(product.price_cents)), left), order)));
}

function showLeft(where, stock) {
  where.textContent = stock > 0 ? `${number.format(stock)} in stock` : "Sold out";
  where.classList.toggle("none", !(stock > 0));
}

// go shows another list without leaving the page.
function go(to) {
  history.pushState(null, "", to);
  showProducts();
}

// An order. What the warehouse counts is asked for one product at a time.

let ordering = null; // the product in the dialog, and its card's line of stock

function openOrder(product, left) {
  if (!$("customer").reportValidity()) return;
  ordering = { product, left };
  $("order-name").textContent = product.name;
  $("order-about").textContent = product.description;
  $("order-icon").setAttribute("href", iconOf(product));
  $("quantity").value = 1;
  $("order-trouble").replaceChildren();
  $("send").textContent = "Order now";
  showTotal();
  $("order").showModal();
  $("quantity").focus();
  showStock(product);
}

function showTotal() {
  const n = $("quantity").valueAsNumber;
  $("total").textContent = n >= 1 ? price(n * ordering.product.price_cents) : "";
}

async function showStock(product) {
  $("stock").textContent = "Asking the warehouse…";
  try {
    const { count } = await ask(`products/${product.id}/stock`);
    if (ordering?.product === product) $("stock").textContent = count > 0 ? `The warehouse counts ${number.format(count)} of these.` : "The warehouse has none of these.";
  } catch (trouble) {
    if (ordering?.product === product) tell($("stock"), "", readable(trouble), () => showStock(product));
  }
}

// recount renews what a card says is left; where that fails the old count stays.
function recount(product, left) {
  ask(`products/${product.id}`).then((now) => showLeft(left, now.stock), () => {});
}

async function sendOrder() {
  const { product, left } = ordering;
  const order = { customer: $("customer").valueAsNumber, product: product.id, quantity: $("quantity").valueAsNumber };
  $("order-trouble").replaceChildren();
  $("send").disabled = true;
  $("send").textContent = "Ordering…";
  const waiting = setTimeout(() => { $("send").textContent = "Still waiting for the shop…"; }, slow);
  try {
    const placed = await ask("orders", { order });
    remember("orders", [{ id: placed.id, name: product.name }, ...recall("orders", [])].slice(0, kept));
    answers.set(placed.id, placed);
    drawOrders();
    $("placed").textContent = `Order ${placed.id} is placed.`;
    if (ordering?.product === product) $("order").close();
    recount(product, left);
  } catch (trouble) {
    const known = readable(trouble);
    const before = known.unsure ? "Whether the order was placed is not known: a second one may buy twice." : "The order was not placed.";
    tell($(ordering?.product === product ? "order-trouble" : "orders-trouble"), before, known);
    $("send").textContent = "Try again";
    if (known.status === 409) recount(product, left); // the list was wrong about it
  } finally {
    clearTimeout(waiting);
    $("send").disabled = false;
  }
}

// Orders: this browser keeps their numbers, and the shop says what they are.

const answers = new Map(); // by number

function drawOrders() {
  const list = recall("orders", []);
  $("no-orders").hidden = list.length > 0;
  $("orders").replaceChildren(...list.map(({ id, name }) => {
    const o = answers.get(id);
    if (!o) return make("li", {}, make("span", {}, name), make("b"), make("small", {}, `No. ${id}`));
    return make("li", {},
      make("span", {}, `${o.quantity} × ${name}`), make("b", {}, price(o.total_cents)),
      make("small", {}, `No. ${id}, ${moment.format(new Date(o.placed_at))}`));
  }));
}

async function showOrders() {
  $("orders-trouble").replaceChildren();
  drawOrders();
  const asked = await Promise.allSettled(recall("orders", []).filter(({ id }) => !answers.has(id)).map(async ({ id }) => {
    try {
      answers.set(id, await ask("orders/" + id));
    } catch (trouble) {
      if (trouble.status !== 404) throw trouble;
      remember("orders", recall("orders", []).filter((o) => o.id !== id)); // of a shop that is gone
    }
  }));
  drawOrders();
  const failed = asked.find(({ status }) => status === "rejected");
  if (failed) tell($("orders-trouble"), "Not all orders could be looked up.", readable(failed.reason), showOrders);
}

// What people do.

$("search").addEventListener("submit", (e) => {
  e.preventDefault();
  go(address({ q: $("q").value.trim(), page: 1 }));
});
document.addEventListener("click", (e) => {
  const a = e.target.closest("a[href]");
  if (!a || a.classList.contains("skip") || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  go(a.getAttribute("href"));
  if (a.closest("#pages")) {
    scrollTo({ top: 0 });
    $("title").focus({ preventScroll: true });
  }
});
addEventListener("popstate", showProducts);
$("quantity").addEventListener("input", showTotal);
$("order-form").addEventListener("submit", (e) => {
  e.preventDefault();
  sendOrder();
});
$("close").addEventListener("click", () => $("order").close());
$("order").addEventListener("close", () => { ordering = null; });
$("customer").value = recall("customer", 1 + Math.floor(Math.random() * 1000));
$("customer").addEventListener("change", () => { if ($("customer").checkValidity()) remember("customer", $("customer").valueAsNumber); });
remember("customer", $("customer").valueAsNumber);

showProducts();
showOrders();
