// Map: the pictures of a version in two dimensions, coloured by what is known of them, to look at and choose from.

import { button, card, count, empty, facts, field, fill, h, number, percent, picture, say, shown, startRun, state, table, toast } from "../kit.js";
import { colours } from "../map/colours.js";
import { Plane } from "../map/plane.js";
import { lasso, points, selection } from "../map/points.js";

const AGAIN = 700; // ms until an answer that is not complete is asked for again
const MOST_ROWS = 2000; // of an address; more are asked for by their polygon
const TITLES = { cluster: "Cluster", topic: "Topic", score: "Score of text 1", syn_score: "Score of synthetic text", domain: "Domain", licence: "Licence" };
const MODES = [["move", "Move", "Drag moves the map"], ["lasso", "Lasso", "Draw around pictures"], ["box", "Box", "Draw a box; also by Shift and dragging"]];

export const page = {
  path: "map",
  title: "Map",
  style: true,
  async open(view, params) {
    const box = h("div");
    view.root.append(box);
    await shown(box, () => view.api("pair_sources"), ({ versions }) => {
      const version = params.version ?? versions[0]?.version;
      if (!version) return empty("No map yet", "This root has no published version. Start realsyn_build first.");
      const body = h("div");
      load(view, params, version, body);
      return [chooser(view, versions, version), body];
    });
  },
};

function chooser(view, versions, version) {
  const known = versions.map((each) => each.version);
  const options = known.includes(version) ? known : [version, ...known];
  const choice = field({ name: "version", label: "Version", value: version, options });
  choice.querySelector("select").addEventListener("change", (event) => view.go("map", { version: event.target.value, build: null }));
  return h("div", { class: "filters" }, choice);
}

async function load(view, params, version, body) {
  await shown(body, () => view.api("image_map", { version }), (answer) => {
    if (answer.state === "none") return without(view, answer);
    if (answer.state === "ready") return new MapPage(view, params, answer).element;
    setTimeout(() => !view.signal.aborted && load(view, params, version, body), AGAIN);
    return h("p", { class: "note", role: "status" }, "Reading the map…");
  });
}

function without(view, { uri, version, dag }) {
  const start = button("Analyse this version", async () => {
    try {
      const run = await startRun(dag, { version: uri });
      toast(`Started ${run.dag_run_id}. The map is here when it has ended.`);
    } catch (error) {
      toast(error.message, "error");
    }
  }, { kind: "primary", disabled: !view.may(dag), title: view.may(dag) ? null : `Your Airflow user may not trigger ${dag}` });
  return empty("This version has no map", `An analysis makes it: ${dag} reads ${version}, and changes nothing of it.`, start);
}

class MapPage {
  constructor(view, params, answer) {
    Object.assign(this, { view, answer, version: answer.version, known: points(answer) });
    this.pictures = new Map();
    this.hidden = new Set();
    this.canvas = h("canvas", { tabindex: "0", role: "application", "aria-label": this.label(), "aria-describedby": "map-keys" });
    this.hint = h("div", { class: "hover", hidden: true });
    this.chosen = h("div", { class: "chosen", role: "status" });
    this.opened = h("div", { class: "opened" });
    this.legend = h("div", { class: "legend" });
    this.list = h("div");
    this.element = this.layout(params);
    this.plane = new Plane(this.canvas, this.known, this.hooks());
    this.colour(params.colour ?? this.known.columns[0].name);
    this.atlas();
    document.addEventListener("realsyn:theme", () => this.colour(this.column.name), { signal: view.signal });
  }

  label() {
    return `Map of ${count(this.known.count, "picture")}. The table below says the same in words.`;
  }

  // -- layout -----------------------------------------------------------------------------------

  layout(params) {
    const { left_out: left = 0 } = this.answer.record;
    const note = left ? `${number(this.known.count)} of ${number(this.known.count + left)} pictures, drawn at random; ${number(left)} have no place` : count(this.known.count, "picture");
    return h("div", { class: "stack" },
      card("Pictures", { note }, this.toolbar(params), h("div", { class: "split" },
        h("div", { class: "plane" }, this.canvas, this.hint), h("div", { class: "side stack" }, this.chosen, this.opened, this.legend)),
      h("p", { class: "note", id: "map-keys" }, "Wheel, pinch or + and − zoom; drag moves. By keyboard: arrows move a cursor, with Shift they draw a box; Enter opens a picture; 0 shows all; Esc clears.")),
      this.list, this.made());
  }

  toolbar(params) {
    const options = this.known.columns.map(({ name }) => [name, TITLES[name] ?? name]);
    const by = field({ name: "colour", label: "Colour by", value: params.colour ?? options[0][0], options });
    by.querySelector("select").addEventListener("change", (event) => {
      this.hidden.clear();
      this.colour(event.target.value);
      this.view.remember({ colour: event.target.value });
    });
    const modes = MODES.map(([mode, text, title]) => button(text, () => this.mode(mode), { title, "aria-pressed": String(mode === "move"), "data-mode": mode }));
    this.modes = h("div", { class: "actions", role: "group", "aria-label": "What dragging does" }, modes);
    const zoom = h("div", { class: "actions", role: "group", "aria-label": "Zoom" },
      button("+", () => this.plane.zoomBy(1.5), { "aria-label": "Closer" }), button("−", () => this.plane.zoomBy(1 / 1.5), { "aria-label": "Farther" }),
      button("All", () => { this.plane.home(); this.plane.moved(); }, { title: "Show the whole map" }));
    const small = field({ name: "pictures", label: "Pictures", type: "checkbox", value: true });
    small.querySelector("input").addEventListener("change", (event) => {
      this.plane.pictures = event.target.checked;
      this.plane.draw();
    });
    return h("div", { class: "filters" }, by, this.modes, zoom, small);
  }

  mode(mode) {
    this.plane.mode = mode;
    for (const each of this.modes.children) each.setAttribute("aria-pressed", String(each.dataset.mode === mode));
  }

  made() {
    const { encoder, settings = {}, fitted, kept_places: kept, placed, trustworthiness, explained, divergence } = this.answer.record;
    const how = fitted ? "laid out anew" : `placed into the map of the version before: ${number(kept)} kept their places, ${number(placed)} are new`;
    return card("How it was made", {}, facts([["Places", how], ["Encoder", encoder], ["Neighbours kept", percent(trustworthiness)],
      ["Variance in the components", percent(explained)], ["Divergence left", divergence && number(divergence, 2)],
      ["Components", settings.components], ["Perplexity", settings.perplexity]]),
    h("p", { class: "note" }, "Near means alike to the encoder. Distances between far groups, and their sizes, mean little."));
  }

  // -- colours and legend -----------------------------------------------------------------------

  colour(name) {
    this.column = this.known.columns.find((each) => each.name === name) ?? this.known.columns[0];
    this.shades = colours(this.column, this.element.isConnected ? this.element : document.documentElement);
    const { codes } = this.column;
    Object.assign(this.plane, { column: this.column, colours: this.shades, ink: getComputedStyle(document.documentElement).getPropertyValue("--text").trim() });
    this.plane.visible = (point) => !this.hidden.has(codes[point]);
    this.drawLegend();
    this.plane.draw();
  }

  drawLegend() {
    const entries = this.column.legend.map((entry, code) => ({ ...entry, code })).filter((entry) => entry.count);
    const boxes = entries.map((entry) => h("label", { class: "entry" },
      h("input", { type: "checkbox", checked: !this.hidden.has(entry.code), onchange: (event) => this.toggle(entry.code, event.target.checked) }),
      h("span", { class: "swatch", style: { background: this.shades[entry.code] }, "aria-hidden": "true" }),
      h("span", { class: "name" }, entry.name), h("span", { class: "num" }, number(entry.count))));
    const every = (on) => () => {
      this.hidden = on ? new Set() : new Set(entries.map((entry) => entry.code));
      this.drawLegend();
      this.plane.draw();
    };
    fill(this.legend, h("fieldset", {}, h("legend", {}, TITLES[this.column.name] ?? this.column.name), boxes,
      h("div", { class: "actions" }, button("All", every(true), { kind: "small" }), button("None", every(false), { kind: "small" }))));
    fill(this.list, this.asTable(entries));
  }

  toggle(code, on) {
    if (on) this.hidden.delete(code);
    else this.hidden.add(code);
    this.plane.draw();
  }

  /** What the colours show, in words: the map for who cannot see it. */
  asTable(entries) {
    const title = TITLES[this.column.name] ?? this.column.name;
    const columns = [
      { key: "example", title: "Picture", sort: false, render: (row) => this.example(row.code) },
      { key: "name", title, wide: true, render: (row) => (row.asked === null ? row.name : h("a", { href: this.pairs({ [this.column.name]: row.asked }) }, row.name)) },
      { key: "count", title: "On the map", number: true },
      { key: "share", title: "Share", number: true, value: (row) => row.count / this.known.count, render: (row) => percent(row.count / this.known.count) },
    ];
    return card(`By ${title.toLowerCase()}`, {}, table(columns, entries, { caption: `Pictures of the map by ${title.toLowerCase()}`, key: (row) => row.code }));
  }

  example(code) {
    const { codes } = this.column;
    const point = this.known.shown.find((each) => codes[each] === code) ?? codes.indexOf(code);
    return picture({ src: this.src(point), alt: "", width: 48, height: 48 });
  }

  pairs(more) {
    return this.view.href("pairs", { version: this.version, build: null, ...more });
  }

  src(point) {
    return this.view.url("pairs_picture", { version: this.version, row: this.known.rows[point], size: 320 });
  }

  // -- what the plane asks and tells ------------------------------------------------------------

  hooks() {
    return {
      hover: (point, left, top) => this.hover(point, left, top),
      open: (point) => this.open(point),
      chosen: (corners, list) => this.choose(corners, list),
      moved: () => { this.hint.hidden = true; },
      picture: (point, close, draw) => this.paint(point, close, draw),
    };
  }

  hover(point, left, top) {
    this.hint.hidden = point < 0;
    this.canvas.style.setProperty("cursor", point < 0 ? "" : "pointer");
    if (point < 0 || point === this.hovered) return;
    this.hovered = point;
    const right = left > this.plane.width / 2;
    fill(this.hint, picture({ src: this.src(point), alt: "", width: 140, height: 110 }), h("span", {}, this.column.legend[this.column.codes[point]].name));
    this.hint.style.setProperty("left", `${right ? left - 165 : left + 15}px`);
    this.hint.style.setProperty("top", `${Math.min(top, this.plane.height - 150)}px`);
  }

  async open(point) {
    const row = this.known.rows[point];
    await shown(this.opened, () => this.view.api("map_pair", { version: this.version, row }), (pair) => {
      say(pair.text1 || "picture");
      const href = this.view.href("pair", { version: this.version, id: pair.image_id, build: null });
      return h("div", { class: "pair" }, h("a", { href }, picture({ src: this.src(point), alt: pair.alt || pair.caption || "" })),
        h("p", {}, pair.text1), pair.syn_text && h("p", { class: "muted" }, pair.syn_text), pair.recaption && h("p", { class: "muted" }, pair.recaption), this.about(point),
        h("div", { class: "actions" }, h("a", { href }, "Open the pair"), h("a", { href: this.pairs({ like: row }) }, "Pictures like it")));
    });
  }

  about(point) {
    return facts(this.known.columns.map((column) => [TITLES[column.name] ?? column.name, column.legend[column.codes[point]].name]));
  }

  choose(corners, list) {
    if (!corners.length) return fill(this.chosen);
    const isWhole = !this.hidden.size || list.length > MOST_ROWS;
    const asked = isWhole ? { lasso: lasso(this.known, corners) } : { sel: selection(this.known, list) };
    return fill(this.chosen, state(list.length ? "kept" : "unknown", count(list.length, "picture")), " ",
      list.length ? h("a", { href: this.pairs(asked) }, "Open in pairs") : null, " ", button("Clear", () => this.plane.choose([]), { kind: "small" }));
  }

  // -- pictures on the map ----------------------------------------------------------------------

  /** Draw a picture at a point, out of the atlas or, close by, its own; those that come later are drawn then. */
  paint(point, close, draw) {
    const place = this.sheet ? this.places.get(point) : undefined;
    if (place !== undefined) {
      const { side, columns } = this.sheet;
      draw(this.sheet.image, (place % columns) * side, Math.floor(place / columns) * side, side, side);
    } else if (close) {
      const image = this.own(point);
      if (image.complete && image.naturalWidth) draw(image, ...middle(image));
    }
  }

  own(point) {
    if (!this.pictures.has(point)) {
      const image = new Image();
      image.addEventListener("load", () => this.plane.draw());
      image.src = this.src(point);
      this.pictures.set(point, image);
      if (this.pictures.size > 400) this.pictures.delete(this.pictures.keys().next().value);
    }
    return this.pictures.get(point);
  }

  async atlas() {
    const answer = await this.view.api("map_atlas", { version: this.version }).catch(() => null);
    if (!answer || this.view.signal.aborted) return;
    if (answer.state !== "ready") {
      setTimeout(() => this.atlas(), AGAIN);
      return;
    }
    const image = new Image();
    image.addEventListener("load", () => {
      this.sheet = { image, side: answer.side, columns: answer.columns };
      this.places = new Map(Array.from(this.known.shown, (point, place) => [point, place]));
      this.plane.draw();
    });
    image.src = `data:image/jpeg;base64,${answer.picture}`;
  }
}

/** The largest square in the middle of a picture. */
function middle({ naturalWidth: width, naturalHeight: height }) {
  const side = Math.min(width, height);
  return [(width - side) / 2, (height - side) / 2, side, side];
}
