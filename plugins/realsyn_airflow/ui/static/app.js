// The shell: the bar on top, the router, and what each page is given.

import { BASE, act, address, airflow, api, button, empty, failure, fill, followTheme, h, outer, query, say, shown, switchTheme } from "./kit.js";

// In the bar's order; the others are reached from these. A page is pages/NAME.js with `export const page`.
const BAR = [["root", "Crawls"], ["build", "Build"], ["shards", "Shards"], ["pairs", "Pairs"], ["pair", "Look up"], ["map", "Map"], ["versions", "Versions"], ["evaluations", "Evaluations"]];
const PAGES = new Set([...BAR.map(([name]) => name), "gate", "run"]);
// What stays when one goes from page to page.
const KEPT = ["root", "build", "version"];

const bar = document.getElementById("bar");
const main = document.getElementById("main");
let session = null;
let running = null;

/** Give the page and its parameters out of the address: #/build?root=…&build=… */
function place() {
  const [path, words = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const params = {};
  for (const [key, value] of new URLSearchParams(words)) {
    params[key] = key in params ? [params[key], value].flat() : value;
  }
  return { path: path || "root", params };
}

/** Lead to a page; what stays (root, build, version) is added unless given. */
function go(path, params = {}, { replace = false } = {}) {
  const href = hrefOf(path, params);
  if (replace) {
    history.replaceState(null, "", href);
    open();
  } else location.hash = href;
}

/** The address of a page, for links. */
function hrefOf(path, params = {}) {
  const { params: now } = place();
  const kept = Object.fromEntries(KEPT.filter((key) => now[key]).map((key) => [key, now[key]]));
  return `#/${path}${query({ ...kept, ...params })}`;
}

/** Change the address without opening the page again: for filters and selections. */
function remember(params) {
  const { path, params: now } = place();
  history.replaceState(null, "", `#/${path}${query({ ...now, ...params })}`);
  shareAddress();
}

/** Let Airflow's address bar, where these pages fill its page from the menu, name this page too. */
function shareAddress() {
  if (!outer() || !parent.location.pathname.startsWith(`${BASE}/plugin/realsyn`)) return;
  parent.history.replaceState(parent.history.state, "", `${BASE}/plugin/realsyn/realsyn/ui/${location.hash}`);
}

async function open() {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  const { path, params } = place();
  if (path !== "run" && !params.root && session.roots.length) return go(path, { ...params, root: session.roots[0] }, { replace: true });
  drawBar(path, params);
  shareAddress();
  const root = h("div", { class: `page page-${path}` });
  fill(main, root);
  try {
    const { page } = await module(path);
    if (page.style) await styled(path);
    if (signal.aborted) return undefined;
    document.title = `${page.title} · RealSyn`;
    fill(root, h("h1", { tabindex: "-1" }, page.title));
    await page.open(given(root, params, signal), params);
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return undefined;
    if (!error.status) console.error(error);
    if (!root.querySelector("h1")) root.append(h("h1", { tabindex: "-1" }, new Map(BAR).get(path) ?? "No such page"));
    root.append(failure(error, open));
  }
  return undefined;
}

async function module(path) {
  if (!PAGES.has(path)) throw Object.assign(new Error(`There is no page ${path}. Choose one above.`), { status: 404 });
  return import(`./pages/${path}.js`);
}

/** Load a page's own rules, style/NAME.css, once. */
function styled(path) {
  const href = `style/${path}.css`;
  if (document.head.querySelector(`link[href="${href}"]`)) return null;
  return new Promise((resolve) => {
    document.head.append(h("link", { rel: "stylesheet", href, onload: resolve, onerror: resolve }));
  });
}

/** What a page works with. */
function given(root, params, signal) {
  const at = (more) => ({ root: params.root, ...more });
  return {
    root,
    root_uri: params.root,
    signal,
    session,
    can: session.can,
    may: (dag) => !session.airflow || session.can.trigger[dag] === true,
    go,
    href: hrefOf,
    remember,
    reload: open,
    title: (text) => { document.title = `${text} · RealSyn`; },
    api: (name, more) => api(name, at(more), signal),
    url: (name, more) => address(name, at(more)),
    act: (name, body) => act(name, at(body)),
    airflow: (method, path, body) => airflow(method, path, body),
  };
}

function drawBar(path, params) {
  const links = BAR.map(([name, title]) =>
    h("a", { href: hrefOf(name), "aria-current": name === path ? "page" : null }, title));
  const theme = outer() ? null : button("◐", switchTheme, { kind: "quiet", "aria-label": "Light or dark", title: "Light or dark" });
  fill(bar, h("a", { class: "brand", href: hrefOf("root") }, "RealSyn"), h("nav", { "aria-label": "Pages" }, links), theme, rootField(params.root));
}

function rootField(root) {
  const change = (event) => {
    event.preventDefault();
    const chosen = form.elements.root.value.trim();
    if (chosen && chosen !== root) location.hash = `#/root${query({ root: chosen })}`;
  };
  const form = h("form", { class: "place", onsubmit: change },
    h("label", { for: "root-field" }, "Root"),
    h("input", { id: "root-field", name: "root", list: "roots", value: root ?? "", spellcheck: "false", autocomplete: "off", title: root, onchange: change }),
    h("datalist", { id: "roots" }, session.roots.map((each) => h("option", { value: each }))));
  return form;
}

/** After a page was led to, what reads aloud begins at its heading. */
function moved() {
  open().then(() => {
    main.querySelector("h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
    say(document.title);
  });
}

async function start() {
  followTheme();
  await shown(main, () => api("session"), (answer) => {
    session = answer;
    return session.can.read ? null : empty("Nothing to see", "Your Airflow user may not read the runs of RealSyn's DAGs.");
  });
  if (!session?.can.read) return;
  addEventListener("hashchange", moved);
  await open();
}

start();
