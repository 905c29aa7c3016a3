// Pairs: a gallery of a published version, or of a build on its way, with search, filters and marks.

import { button, empty, failure, field, fill, h, link, number, say, skeleton, toast, values } from "../kit.js";
import { mark, marked, small } from "../pairs/acts.js";
import { keys, pairCard } from "../pairs/cards.js";
import { facets, panel, redrawn } from "../pairs/facets.js";
import { asked, chips, forAddress, without } from "../pairs/place.js";
import { takeDown } from "../takedown.js";

const PAGE = 48;
const SORTS = [["", "as drawn"], ["-score", "best text 1 first"], ["score", "worst text 1 first"], ["-relevance", "likeliest first"], ["relevance", "unlikeliest first"],
  ["-syn_score", "best synthetic first"], ["syn_score", "worst synthetic first"], ["-pixels", "largest first"], ["cluster", "by cluster"]];
const KEYS = "Keys: arrows move, Enter opens, m marks, w: text 1 is wrong, t takes down.";
const SIZES = [["small", "Small"], ["medium", "Medium"], ["large", "Large"]];

export const page = {
  path: "pairs",
  title: "Pairs",
  style: true,
  async open(view, params) {
    const sources = await view.api("pair_sources");
    const source = chosen(params, sources);
    if (!source) {
      view.root.append(empty("No pairs yet", "This root has neither a published version nor a build. Start realsyn_build on a crawl first."));
      return;
    }
    await new Gallery(view, params, sources, source).open();
  },
};

/** A version or a build: that of the address, else the newest version, else the last build. */
function chosen(params, sources) {
  if (params.version) return { version: params.version };
  if (params.build) return { build: params.build.replace(/\/+$/, "").split("/").pop() };
  if (sources.versions.length) return { version: sources.versions[0].version };
  return sources.builds.length ? { build: sources.builds.at(-1) } : null;
}

class Gallery {
  constructor(view, params, sources, source) {
    Object.assign(this, { view, sources, source, root: params.root });
    this.words = asked(params);
    this.first = Number(params.first ?? 0);
    this.grid = h("ul", { class: "pairs", "aria-label": "Pairs" });
    this.head = h("p", { class: "count", role: "status" });
    this.chips = h("div", { class: "chips" });
    this.more = h("div", { class: "more" });
    this.panel = panel(skeleton());
    this.asks = 0;
  }

  async open() {
    this.size(localStorage.getItem("realsyn-pairs") ?? "medium");
    fill(this.view.root.appendChild(h("div", { class: "gallery" })), this.toolbar(), this.chips,
      h("div", { class: "split" }, this.panel, h("div", { class: "found" }, this.head, h("p", { class: "note keys" }, KEYS), this.grid, this.more)));
    this.receive();
    const act = { m: (row) => this.mark(row), w: (row) => this.wrong(row), t: (row) => this.takeDown(row) };
    keys(this.grid, act);
    await this.load();
  }

  toolbar() {
    const { q = "", among = "image", sort = "" } = this.words;
    const isVersion = Boolean(this.source.version);
    const hint = isVersion ? "A text, a URL, a domain, or any id" : "Words, a URL, a domain, or any id";
    this.search = h("form", { class: "search", role: "search", onsubmit: (event) => this.look(event) },
      field({ name: "q", label: "Search", value: q, placeholder: hint, type: "search", maxlength: 2000 }),
      isVersion ? field({ name: "among", label: "Compare with", value: among, options: [["image", "pictures"], ["text1", "text 1"]] }) : null,
      button("Search", null, { kind: "primary", type: "submit" }),
      isVersion ? this.chooser() : null);
    return h("div", { class: "tools" }, this.search, h("div", { class: "filters" },
      this.select("Show", "source", this.choices(), isVersion ? `v ${this.source.version}` : `b ${this.source.build}`, (value) => this.switch(value)),
      this.order = this.select("Order", "sort", SORTS, sort, (value) => this.change({ ...this.words, sort: value })),
      this.select("Size", "size", SIZES, this.grid.dataset.size, (value) => this.size(value))));
  }

  choices() {
    const versions = this.sources.versions.map((each) => [`v ${each.version}`, `${each.version}${each.latest ? " (latest)" : ""}`]);
    const builds = this.sources.builds.map((name) => [`b ${name}`, `build ${name}: every picture, also dropped`]);
    return [...versions, ...builds];
  }

  select(label, name, options, value, change) {
    const box = field({ name, label, options, value });
    box.querySelector("select").addEventListener("change", (event) => change(event.target.value));
    return box;
  }

  switch(value) {
    const [kind, name] = [value.slice(0, 1), value.slice(2)];
    this.view.go("pairs", kind === "v" ? { version: name, build: null } : { build: name, version: null });
  }

  size(value) {
    this.grid.dataset.size = value;
    localStorage.setItem("realsyn-pairs", value);
  }

  /** A button that takes a picture to search by; the whole page takes one that is dropped on it. */
  chooser() {
    const input = h("input", { type: "file", accept: "image/*", hidden: true, "aria-label": "Picture to search by", onchange: () => this.seek(input.files[0]) });
    return h("div", { class: "chooser" }, button("By a picture…", () => input.click(), { title: "Or drop a picture anywhere on this page" }), input);
  }

  receive() {
    if (!this.source.version) return;
    const { signal } = this.view;
    const over = (on) => () => this.view.root.classList.toggle("receives", on);
    this.view.root.addEventListener("dragover", (event) => event.preventDefault(), { signal });
    this.view.root.addEventListener("dragenter", over(true), { signal });
    this.view.root.addEventListener("dragend", over(false), { signal });
    this.view.root.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false)();
      if (event.dataTransfer.files[0]) this.seek(event.dataTransfer.files[0]);
    }, { signal });
  }

  async seek(file) {
    if (!file) return;
    try {
      const picture = await small(file);
      const answer = await this.patient(() => this.view.act("look_for_picture", { ...this.source, picture }));
      if (answer) this.change({ ...this.searched(), seen: answer.seen });
    } catch (error) {
      toast(error.status ? error.message : "That file is no picture that this browser can read.", "error");
    }
  }

  /** The filters without what was searched by. */
  searched() {
    const { q, like, seen, sort, ...rest } = this.words;
    return rest;
  }

  look(event) {
    event.preventDefault();
    const { q, among } = values(this.search);
    this.change({ ...this.searched(), q: q.trim(), among: among === "image" ? "" : among });
  }

  change(words) {
    this.words = Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined && value !== null && value.length));
    this.first = 0;
    this.search.elements.q.value = this.words.q ?? "";
    this.order.querySelector("select").value = this.words.sort ?? "";
    this.view.remember({ ...forAddress(this.words), first: null });
    return this.load();
  }

  /** Ask until what is asked for has been made or loaded; null if something else is asked meanwhile. */
  async patient(ask, mine = this.asks) {
    for (;;) {
      const answer = await ask();
      if (mine !== this.asks || this.view.signal.aborted) return null;
      if (answer.state === "ready") return answer;
      fill(this.head, `Waiting for ${answer.waits_for} …`);
      await new Promise((resolve) => setTimeout(resolve, 800));
    }
  }

  async load(offset = 0) {
    this.asks += 1;
    const wanted = { ...this.source, ...this.fitting(), first: this.first || null, offset: offset || null, limit: PAGE };
    this.grid.setAttribute("aria-busy", "true");
    try {
      const answer = await this.patient(() => this.view.api("pairs", wanted));
      if (answer) this.draw(answer, offset);
    } catch (error) {
      if (error.name === "AbortError") return;
      fill(this.grid);
      fill(this.more, failure(error, () => this.load()));
      fill(this.head, "");
      this.panel.querySelector(".skeleton")?.remove();
    }
    this.grid.removeAttribute("aria-busy");
  }

  /** The filters that a version has, or a build: the others are left alone in the address. */
  fitting() {
    const foreign = this.source.version ? ["step", "reason"] : ["topic", "like", "seen", "sel", "lasso", "among"];
    return Object.fromEntries(Object.entries(this.words).filter(([key]) => !foreign.includes(key)));
  }

  draw(answer, offset) {
    const cards = answer.rows.map((row) => pairCard(row, this.forCards()));
    if (offset) this.grid.append(...cards);
    else fill(this.grid, cards);
    const words = this.counted(answer);
    fill(this.head, words, (answer.missing ?? []).map((why) => h("span", { class: "note" }, ` Of some shards only the pairs are left: ${why}`)));
    this.drawChips();
    if (answer.facets) redrawn(this.panel, h("div", {}, facets({ answer, words: this.words, change: (next) => this.change(next) }), this.others(answer)));
    fill(this.more, this.rest(answer));
    if (offset) cards[0]?.querySelector(".opens").focus();
    else say(words);
  }

  /** The way from what was published to what was not, and why. */
  others(answer) {
    const there = this.source.version && this.sources.builds.includes(answer.build);
    return there ? h("p", { class: "facet" }, link(this.view.href("pairs", { version: null, build: answer.build }), "What was dropped, and why")) : null;
  }

  counted(answer) {
    const near = { text: "this text", like: "that pair", picture: "that picture" }[answer.meant];
    if (near) return `The ${number(answer.matching)} pairs of ${number(answer.pairs)} nearest to ${near}`;
    const what = answer.meant ? `of this ${answer.meant}` : "";
    if (this.source.version) return [`${number(answer.matching)} of ${number(answer.pairs)} pairs`, what].filter(Boolean).join(" ");
    const all = answer.first === 0 && answer.end >= answer.shards;
    const where = all ? "" : `, in shards ${number(answer.first)} to ${number(answer.end - 1)} of ${number(answer.shards)}`;
    return `${number(answer.matching)} of ${number(answer.pairs)} pictures${where}`;
  }

  drawChips() {
    const shown = chips(this.words).map((chip) => h("button", { type: "button", class: "chip", onclick: () => this.change(without(this.words, chip)), "aria-label": `Without ${chip.text}` },
      h("span", { class: "cut" }, chip.text), h("span", { "aria-hidden": "true" }, "✕")));
    fill(this.chips, shown, shown.length > 1 ? button("Clear all", () => this.change({ sort: this.words.sort }), { kind: "quiet small" }) : null);
  }

  /** What comes after what is shown: more of the same, other shards, or a word that there is none. */
  rest(answer) {
    const upto = answer.offset + answer.rows.length;
    if (upto < answer.matching) return button(`Show more (${number(answer.matching - upto)} left)`, () => this.load(upto), { kind: "primary" });
    const turns = this.source.build ? this.turns(answer) : [];
    if (!answer.matching) return empty("No pairs are as asked", "Take away a filter above, or search for something else.", ...turns);
    return turns;
  }

  turns(answer) {
    const to = (first) => {
      this.first = first;
      this.view.remember({ first: first || null });
      this.load();
    };
    return [
      answer.first > 0 ? button("‹ First shards", () => to(0)) : null,
      answer.end < answer.shards ? button("Next shards ›", () => to(answer.end)) : null,
    ].filter(Boolean);
  }

  forCards() {
    return {
      view: this.view,
      source: this.source,
      mark: (row) => this.mark(row),
      takeDown: (row) => this.takeDown(row),
      like: (row) => this.change({ ...this.searched(), like: String(row.row) }),
    };
  }

  takeDown(row) {
    return takeDown(this.view, { id: row.image_id, url: row.raw_image_url, document_url: row.document_url });
  }

  async mark(row) {
    if (!this.view.can.mark) return;
    const marks = await mark(this.view, row, this.source);
    if (marks) this.redraw(row, marks);
  }

  async wrong(row) {
    if (!this.view.can.mark || !row.text1) return;
    try {
      this.redraw(row, await marked(this.view, row, this.source, "text1", "wrong"));
      toast("Text 1 is marked as wrong.");
    } catch (error) {
      toast(error.message, "error");
    }
  }

  redraw(row, marks) {
    row.marks = marks;
    const old = [...this.grid.children].find((box) => box.row === row);
    const focused = old?.contains(document.activeElement) || document.activeElement === document.body;
    const made = pairCard(row, this.forCards());
    old?.replaceWith(made);
    if (focused) made.querySelector(".opens").focus();
  }
}
