// What became of it, in a sentence; what decided; what one can do.

import { button, card, copyButton, facts, h, link, picture, state, table } from "../kit.js";
import { takeDown } from "../takedown.js";
import { markWrong } from "./mark.js";

// The signs of states are those of the kit: this is which one tells each answer.
const SIGNS = {
  published: "published", in_corpus: "kept", kept: "kept", taken_down: "dropped", never_seen: "unknown",
};
const WORDS = {
  in_corpus: "in the corpus", taken_down: "taken down", never_seen: "never seen", not_shown: "shown by no page",
  not_fetched: "no bytes", matched_nothing: "matched nothing", out_of_band: "out of band", balanced_away: "balanced away",
};

/** A state of an item as a coloured word. */
export function stateOf(name) {
  return state(SIGNS[name] ?? "dropped", WORDS[name] ?? name);
}

/** The answer, with what decided it and buttons. */
export function answerCard(view, params, item) {
  return card("Answer", { actions: actions(view, item) },
    h("p", { class: "verdict" }, stateOf(item.state), " ", h("span", {}, item.verdict)),
    item.change && h("p", { class: "change" }, h("strong", {}, "For it to be there: "), item.change),
    thresholds(item.thresholds),
    item.kept && h("p", {}, "Kept is ", link(view.href("pair", { id: item.kept.id }), item.kept.id), `: ${item.kept.verdict}`),
    item.scanned && h("p", { class: "note" }, `Looked for as ${item.scanned.as} in ${item.scanned.shards} of ${item.scanned.of} shards. ${item.scanned.left_out}`),
    names(item),
    fates(view, params, item),
    item.state === "never_seen" && crawls(item));
}

function actions(view, item) {
  if (item.kind !== "image_id") return [];
  const may = view.may("realsyn_takedown");
  return [
    item.texts?.length > 0 && item.build && button("Mark as wrong", () => markWrong(view, item), { disabled: !view.can.mark, title: view.can.mark ? "Kept as a label that relevance is measured against" : "Your Airflow user may not mark pairs" }),
    button("Take down", () => takeDown(view, { id: item.id, url: item.page?.url, document_url: item.page?.document_url }), { kind: "danger", disabled: !may, title: may ? "Shows first what would go" : "Your Airflow user may not start realsyn_takedown" }),
  ];
}

function thresholds(limits) {
  const rows = Object.entries(limits ?? {});
  return rows.length > 0 && h("div", {}, h("h3", {}, "What decided"), facts(rows.map(([key, value]) => [key, short(value)])));
}

function short(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function names(item) {
  const known = [...new Set([item.id, ...(item.names ?? [])])].filter(Boolean);
  return known.length > 0 && h("ul", { class: "names", "aria-label": "Its ids" },
    known.map((name) => h("li", {}, h("code", {}, name), copyButton(name, `Copy ${name}`))));
}

function fates(view, params, item) {
  if (item.fates.length < 2) return null;
  return h("div", {}, h("h3", {}, "In each run"), h("ul", { class: "fates" }, item.fates.map((fate) =>
    h("li", {}, stateOf(fate.state), " ", runLink(view, params, item, fate.run), ` ${fate.verdict}`))));
}

function runLink(view, params, item, run) {
  if (!run.startsWith("builds/")) return h("strong", {}, run);
  const here = run === item.build;
  return here ? h("strong", {}, run) : link(view.href("pair", { id: params.id, build: run, version: null }), run);
}

function crawls(item) {
  return h("div", {}, h("h3", {}, "Where it was looked for"),
    table([{ key: "crawl", title: "Crawl", wide: true }, { key: "run", title: "Extract" }, { key: "state", title: "State" }],
      item.looked_at, { caption: "Crawls that were looked at", none: "No crawl was extracted in this root." }),
    item.waiting.length > 0 && h("p", { class: "note" }, `Not extracted yet, so not looked at: ${item.waiting.join(", ")}.`));
}

/** A picture that leads to its own page. */
export function thumb(view, image, words) {
  return h("a", { class: "thumb", href: view.href("pair", { id: image }) },
    picture({ src: view.url("item_picture", { image, size: 320 }), alt: `Picture ${image.slice(0, 8)}`, width: 120, height: 120 }),
    h("span", {}, words));
}

/** What was merged as a near-duplicate, and what ties it together. */
export function duplicates(view, item) {
  return card("Near-duplicates", {}, item.groups.map((group) => h("div", { class: "stack" },
    h("p", {}, `${group.run}: one stays for ${group.merged.length} ${group.kind === "image" ? "pictures" : "sentences"} like it.`),
    group.kind === "image"
      ? h("div", { class: "thumbs" }, thumb(view, group.kept, "stays"), group.merged.slice(0, 24).map((row) => thumb(view, row.id, near(row))))
      : h("ul", {}, [{ id: group.kept, reason: "stays" }, ...group.merged].slice(0, 50).map((row) =>
        h("li", {}, link(view.href("pair", { id: row.id }), row.id), ` ${near(row)}`))),
    links(group))));
}

function near(row) {
  return row.cosine === null || row.cosine === undefined ? row.reason.replaceAll("_", " ") : `${row.reason.replaceAll("_", " ")}, cosine ${row.cosine.toFixed(3)}`;
}

function links(group) {
  return group.links.length > 0 && h("details", {}, h("summary", {}, `${group.links.length} links between them`),
    h("ul", { class: "mono" }, group.links.map((row) => h("li", {}, `${row.a} – ${row.b}: ${near(row)}`))));
}

/** The pictures of a page, each with what became of it. */
export function pagePictures(view, item) {
  return card("Pictures of this page", {}, table([
    { key: "url", title: "Picture", wide: true, render: (row) => link(view.href("pair", { id: row.id }), row.url || row.id) },
    { key: "state", title: "State", render: (row) => stateOf(row.state) },
    { key: "verdict", title: "Why", wide: true },
  ], item.pictures, { caption: "Pictures of this page" }));
}

/** What else has the name, or the same text. */
export function neighbours(view, item) {
  const others = item.others ?? [];
  const same = item.same_text ?? [];
  return [
    same.length > 0 && card("Other pictures with its first text", {}, h("div", { class: "thumbs" }, same.map((row) => thumb(view, row.image, `as text${row.rank}`)))),
    others.length > 0 && card("Also of this name", {}, h("ul", { class: "fates" }, others.map((row) =>
      h("li", {}, stateOf(row.state), " ", link(view.href("pair", { id: row.id }), row.id), ` ${row.verdict}`)))),
  ];
}
