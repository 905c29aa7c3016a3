// What pages are made of, small things first.

import { debounced, fill, h, svg, uid } from "./dom.js";
import { number, percent } from "./format.js";
import { BASE } from "./net.js";

// What each state is called, and the sign that tells it without its colour.
const SIGNS = {
  done: "✓", adopted: "⇄", running: "▶", begun: "▶", waiting: "○", ready: "●", arriving: "…", ingested: "✓",
  stale: "↻", damaged: "✕", quarantined: "⊘", refused: "⊘", failed: "✕", passed: "✓", promoted: "✓",
  published: "★", dropped: "−", kept: "+", unknown: "?", blocked: "‖", missing: "∅", overridden: "!",
  known: "=",
};

/** A state as a coloured word with a sign: state("done"), state("failed", "2 failed"). */
export function state(name, text = name) {
  return h("span", { class: `state is-${name}` }, h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[name] ?? "•"), text);
}

/** The sign of a state alone, for cells; say the state in words beside it or in a label. */
export function sign(name) {
  return SIGNS[name] ?? "•";
}

/** A button: button("Release", f, { kind: "primary" | "danger" | "quiet" | "small" ..., title }). */
export function button(text, onclick, { kind = "", ...attrs } = {}) {
  const words = ["button", ...String(kind).split(" ").filter(Boolean)];
  return h("button", { type: "button", class: words.join(" "), onclick, ...attrs }, text);
}

/** A link to a page of ours, or an anchor of the address given. */
export function link(href, text, attrs = {}) {
  return h("a", { href, ...attrs }, text);
}

/** An address of the web: text and a button to copy it; a link where the browser may follow one.
 *  Within Airflow's frame it may not, and an address of the web must not fill the frame instead. */
export function outside(url, text = url) {
  const plain = h("span", { class: "cut", title: url }, text);
  const leads = window.parent === window && /^https?:\/\//i.test(url);
  const shown = leads ? h("a", { class: "cut", href: url, target: "_blank", rel: "noopener noreferrer nofollow", title: url }, text) : plain;
  return h("span", { class: "long" }, shown, copyButton(url, "Copy address"));
}

/** A section with a heading (h2; `level` 3 within another) and things to do beside it. */
export function card(title, { actions = [], note = "", level = 2, id, ...attrs } = {}, ...children) {
  const label = uid("card");
  const head = h("div", { class: "head" },
    h(`h${level}`, { id: label }, title),
    note && h("span", { class: "note" }, note),
    h("span", { class: "actions" }, actions));
  return h("section", { class: "card", "aria-labelledby": label, id, ...attrs }, head, h("div", { class: "body" }, children));
}

/** Facts by name: facts([["Scale", "demo"], ["Pairs", number(3)]]); empty values are left out. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "facts" }, known.map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", {}, value))));
}

/** A large number with what it is. */
export function figure(value, label, note = "") {
  return h("div", { class: "figure" }, h("div", { class: "value" }, value), h("div", { class: "label" }, label), note && h("div", { class: "note" }, note));
}

/** A bar of parts: bar([{ state: "done", value: 3 }, { state: "failed", value: 1 }], { total, label }). */
export function bar(parts, { total, label } = {}) {
  const sum = total ?? parts.reduce((all, part) => all + part.value, 0);
  const words = label ?? parts.filter((part) => part.value).map((part) => `${part.label ?? part.state} ${number(part.value)}`).join(", ");
  const segments = parts.filter((part) => part.value > 0).map((part) =>
    h("span", { class: `part is-${part.state}`, title: `${part.label ?? part.state}: ${number(part.value)}`, style: { width: `${sum ? (100 * part.value) / sum : 0}%` } }));
  return h("div", { class: "bar", role: "img", "aria-label": words || "nothing yet" }, segments);
}

/** A progress bar with its share in words beside it. */
export function progress(done, total, { label = "", stateName = "done" } = {}) {
  const share = total ? done / total : 0;
  const words = `${label ? `${label}: ` : ""}${number(done)} of ${number(total)}`;
  return h("div", { class: "progress" }, bar([{ state: stateName, value: done }], { total: Math.max(total, 1), label: words }), h("span", { class: "num" }, percent(share, 0)));
}

/** Tabs: tabs([{ id, title, open: () => node }], { active, label, change(id) }). Arrow keys move. */
export function tabs(items, { active = items[0]?.id, label = "Views", change } = {}) {
  const panel = h("div", { class: "panel", role: "tabpanel", tabindex: "0", id: uid("panel") });
  const choose = (id, focus = false) => {
    for (const tab of list.children) {
      const mine = tab.dataset.id === id;
      tab.setAttribute("aria-selected", String(mine));
      tab.tabIndex = mine ? 0 : -1;
      if (mine) {
        panel.setAttribute("aria-labelledby", tab.id);
        if (focus) tab.focus();
      }
    }
    fill(panel, items.find((item) => item.id === id)?.open());
  };
  const pick = (id, focus) => {
    choose(id, focus);
    change?.(id);
  };
  const list = h("div", { class: "tablist", role: "tablist", "aria-label": label, onkeydown: (event) => move(event, list, pick) },
    items.map((item) => h("button", { type: "button", role: "tab", id: uid("tab"), "aria-controls": panel.id, dataset: { id: item.id }, onclick: () => pick(item.id) }, item.title)));
  choose(active);
  return h("div", { class: "tabs" }, list, panel);
}

function move(event, list, pick) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const all = [...list.children];
  if (!step && event.key !== "Home" && event.key !== "End") return;
  event.preventDefault();
  const here = all.indexOf(document.activeElement);
  const next = step ? (here + step + all.length) % all.length : event.key === "Home" ? 0 : all.length - 1;
  pick(all[next].dataset.id, true);
}

/** A field: field({ name, label, type, value, hint, options: ["a", ["b", "B"]], list: ["suggested"], required, min, max, rows }). */
export function field({ name, label, type = "text", value = "", hint = "", options, rows, list, ...attrs }) {
  const id = uid("field");
  const described = hint ? `${id}-hint` : null;
  const common = { id, name, "aria-describedby": described, list: list ? `${id}-list` : null, ...attrs };
  const input = control(type, value, options, rows, common);
  const box = type === "checkbox";
  const words = h("label", { for: id }, label);
  return h("div", { class: `field ${box ? "check" : ""}` }, box ? [input, words] : [words, input], list && suggestions(`${id}-list`, list), hint && h("div", { class: "hint", id: described }, hint));
}

function suggestions(id, list) {
  return h("datalist", { id }, list.map((value) => h("option", { value })));
}

function control(type, value, options, rows, common) {
  if (options) {
    const choices = options.map((each) => (Array.isArray(each) ? each : [each, each]));
    return h("select", common, choices.map(([key, text]) => h("option", { value: key, selected: String(key) === String(value) }, text)));
  }
  if (rows) return h("textarea", { rows, ...common, value });
  if (type === "checkbox") return h("input", { type, ...common, checked: Boolean(value) });
  return h("input", { type, ...common, value });
}

/** The values of a form's fields by name: numbers and booleans as such, several checked ones as a list. */
export function values(form) {
  const read = {};
  for (const input of form.elements) {
    if (!input.name) continue;
    if (input.type === "checkbox") read[input.name] = input.checked;
    else if (input.type === "number") read[input.name] = input.value === "" ? null : Number(input.value);
    else read[input.name] = input.value;
  }
  return read;
}

/** A row of filters: calls change(values) when one has changed and typing has paused. */
export function filters(fields, change) {
  const tell = debounced(() => change(values(form)));
  const form = h("form", { class: "filters", role: "search", oninput: tell, onsubmit: (event) => { event.preventDefault(); change(values(form)); } }, fields.map(field));
  return form;
}

/** Ask in a dialog: await ask({ title, text, fields, submit: "Start", danger, act: async (values) => ... }).
 *  Gives what `act` gives (else the values); null if the user goes away. Errors of `act` stay in the dialog. */
export function ask({ title, text = "", fields = [], submit = "OK", danger = false, act, body }) {
  return new Promise((resolve) => {
    const said = h("p", { class: "error", role: "alert", hidden: true });
    const go = button(submit, null, { kind: danger ? "danger" : "primary", type: "submit" });
    const leave = () => close(box, resolve, null);
    const form = h("form", {}, text && h("p", {}, text), body, fields.map(field), said,
      h("div", { class: "actions end" }, button("Cancel", leave), go));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      go.disabled = true;
      said.hidden = true;
      try {
        const given = values(form);
        close(box, resolve, act ? await act(given) : given);
      } catch (error) {
        fill(said, error.message);
        said.hidden = false;
      }
      go.disabled = false;
    });
    const box = dialog(title, form, leave);
  });
}

/** Show something in a dialog; gives the element, whose close() ends it. */
export function show(title, ...children) {
  const box = dialog(title, h("div", {}, children), () => close(box, () => null, null));
  return box;
}

function dialog(title, content, leave) {
  const label = uid("dialog");
  const box = h("dialog", { "aria-labelledby": label, oncancel: (event) => { event.preventDefault(); leave(); } },
    h("div", { class: "head" }, h("h2", { id: label }, title), button("✕", leave, { kind: "quiet", "aria-label": "Close" })), content);
  document.body.append(box);
  box.showModal();
  content.querySelector("input, select, textarea, .actions button")?.focus();
  return box;
}

function close(box, resolve, value) {
  box.close();
  box.remove();
  resolve(value ?? null);
}

/** Say something for some seconds, also to screen readers; kind: "" or "error". */
export function toast(text, kind = "") {
  const note = h("div", { class: `toast ${kind}` }, text, button("✕", () => note.remove(), { kind: "quiet", "aria-label": "Dismiss" }));
  document.getElementById("toasts").append(note);
  if (kind !== "error") setTimeout(() => note.remove(), 8000);
}

/** Say something to screen readers alone: what has changed by itself. */
export function say(text) {
  fill(document.getElementById("said"), text);
}

/** Copy a text: copyButton("https://...", "Copy URL"). */
export function copyButton(text, label = "Copy") {
  const done = async () => {
    await copied(text);
    fill(made, "✓");
    say("copied");
    setTimeout(() => fill(made, copyIcon()), 1500);
  };
  const made = button(copyIcon(), done, { kind: "quiet small", "aria-label": label, title: label });
  return made;
}

function copyIcon() {
  const sheet = (x, y) => svg("rect", { x, y, width: 8, height: 9, rx: 1.5 });
  return svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, fill: "none", stroke: "currentColor", "aria-hidden": "true" }, sheet(1, 1), sheet(5, 4));
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not over plain http, nor in every frame
    const area = h("textarea", { class: "hidden", value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/** A long text in one line, whole in its title and copied by a button. */
export function long(text, { copy = true } = {}) {
  return h("span", { class: "long" }, h("span", { class: "cut", title: text }, text), copy && copyButton(text));
}

/** A hint for an element by hovering and by focus. */
export function tooltip(element, text) {
  const id = uid("tip");
  const tip = h("span", { class: "tip", role: "tooltip", id }, text);
  element.setAttribute("aria-describedby", id);
  return h("span", { class: "tipped" }, element, tip);
}

/** A picture that loads when it is near: picture({ src, alt, width, height, large }). A sign stands where there is none. */
export function picture({ src, alt, width, height, ...attrs }) {
  const image = h("img", { src, alt, width, height, loading: "lazy", decoding: "async", ...attrs });
  const frame = h("span", { class: "picture" }, image);
  image.addEventListener("load", () => frame.classList.add("there"));
  image.addEventListener("error", () => {
    frame.classList.add("missing");
    fill(frame, h("span", { class: "none", role: "img", "aria-label": `${alt || "picture"}: not there` }, "∅"));
  });
  return frame;
}

/** Pages of a long list: pager({ offset, limit, total, change(offset) }). */
export function pager({ offset, limit, total, change }) {
  const upto = Math.min(offset + limit, total);
  return h("nav", { class: "pager", "aria-label": "Pages" },
    button("‹ Back", () => change(Math.max(0, offset - limit)), { disabled: offset <= 0 }),
    h("span", { class: "num" }, total ? `${number(offset + 1)}–${number(upto)} of ${number(total)}` : "0"),
    button("Next ›", () => change(offset + limit), { disabled: upto >= total }));
}

/** A list of which only what is in sight exists: virtualList({ rows, height, rowHeight, render(index), label }). */
export function virtualList({ rows, rowHeight, render, height = "60vh", label = "List", role = "list" }) {
  const inner = h("div", { class: "inner", role, "aria-label": label, style: { height: `${rows * rowHeight}px` } });
  const outer = h("div", { class: "virtual", tabindex: "0", style: { height }, onscroll: () => requestAnimationFrame(draw) }, inner);
  const draw = () => {
    const first = Math.max(0, Math.floor(outer.scrollTop / rowHeight) - 5);
    const end = Math.min(rows, first + Math.ceil((outer.clientHeight || 600) / rowHeight) + 10);
    fill(inner, Array.from({ length: end - first }, (_, step) => placed(render(first + step), first + step, rowHeight, rows)));
  };
  requestAnimationFrame(draw);
  outer.redraw = draw;
  return outer;
}

function placed(node, index, rowHeight, rows) {
  node.style.setProperty("transform", `translateY(${index * rowHeight}px)`);
  node.setAttribute("aria-setsize", String(rows));
  node.setAttribute("aria-posinset", String(index + 1));
  return node;
}

/** Nothing here, and what to do about it. */
export function empty(title, text = "", ...actions) {
  return h("div", { class: "empty" }, h("p", { class: "title" }, title), text && h("p", {}, text), actions.length ? h("div", { class: "actions" }, actions) : null);
}

/** What went wrong, and a way to try again. */
export function failure(error, again) {
  return h("div", { class: "failure", role: "alert" }, h("p", {}, error.message), again && button("Try again", again));
}

/** Wait for something and show it: await shown(box, () => view.api("x"), (answer) => node). */
export async function shown(box, load, render) {
  box.setAttribute("aria-busy", "true");
  if (!box.childElementCount) fill(box, skeleton());
  try {
    fill(box, render(await load()));
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!error.status) console.warn(error);
    fill(box, failure(error, () => shown(box, load, render)));
  } finally {
    box.removeAttribute("aria-busy");
  }
}

/** Grey lines where something will be. */
export function skeleton(lines = 3) {
  return h("div", { class: "skeleton", "aria-hidden": "true" }, Array.from({ length: lines }, () => h("span")));
}

/** Call again and again while the page is open and looked at. */
export async function every(period, signal, call) {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, period * 1000));
    if (!signal.aborted && !document.hidden) await call();
  }
}

/** A link into Airflow's own pages: airflowLink("/dags/realsyn_build/runs/x", "Run").
 *  Within Airflow's frame its router is told, for a frame may not lead its parent elsewhere. */
export function airflowLink(path, text, attrs = {}) {
  return h("a", { ...attrs, href: `${BASE}${path}`, onclick: (event) => lead(event, `${BASE}${path}`) }, text);
}

function lead(event, href) {
  if (window.parent === window) return;
  event.preventDefault();
  const outer = window.parent;
  outer.history.pushState(null, "", href);
  outer.dispatchEvent(new PopStateEvent("popstate", { state: null }));
}

