// Elements out of plain values. Text gets in as text only: what is shown comes from the web.

const SVG = "http://www.w3.org/2000/svg";
const ADDRESSES = new Set(["href", "src", "action", "formaction", "xlink:href"]);
// blob: and data: are for pictures made here; javascript: and the like are for nobody.
const SAFE = /^(https?:|blob:|data:image\/(png|webp|jpeg);|[#/.?]|[^:]*$)/i;

/** Make an element: h("a", { class: "x", href: "#/build", onclick: f, hidden: true }, "text", node).
 *  `style` and `dataset` are objects; null, false and undefined children and values are left out. */
export function h(tag, attrs, ...children) {
  return filled(document.createElement(tag), attrs, children);
}

/** The same for SVG. */
export function svg(tag, attrs, ...children) {
  return filled(document.createElementNS(SVG, tag), attrs, children);
}

function filled(element, attrs, children) {
  for (const [name, value] of Object.entries(attrs ?? {})) set(element, name, value);
  element.append(...nodes(children));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) {
    if (typeof value !== "function") throw new TypeError(`${name} wants a function`);
    element.addEventListener(name.slice(2), value);
  } else if (name === "style") {
    // By properties: a style attribute is not allowed by the page's policy.
    for (const [key, each] of Object.entries(value)) element.style.setProperty(key, String(each));
  } else if (name === "dataset") {
    Object.assign(element.dataset, value);
  } else if (ADDRESSES.has(name) && !SAFE.test(String(value).trim())) {
    element.setAttribute("data-refused", "address");
  } else if (name === "value" && "value" in element) {
    element.value = value;
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

function nodes(children) {
  const flat = children.flat(Infinity);
  const given = flat.filter((child) => child !== null && child !== undefined && child !== false);
  return given.map((child) => (child instanceof Node ? child : String(child)));
}

/** Put other children into an element. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

let last = 0;

/** An id that no other element has. */
export function uid(word = "id") {
  last += 1;
  return `${word}-${last}`;
}

/** Call `then` once nothing has called for `wait` ms: for fields that one types into. */
export function debounced(then, wait = 250) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => then(...values), wait);
  };
}
