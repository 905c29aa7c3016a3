// The picture, its texts and where it is from; the texts that were not taken, and why.

import { card, facts, h, link, long, number, picture, table } from "../kit.js";

/** The picture, large, with its texts. */
export function pictureCard(view, item) {
  return card("Picture and texts", {}, h("div", { class: "pair-top" },
    picture({ src: view.url("item_picture", { image: item.id, size: 1024 }), alt: alt(item), class: "large" }),
    h("div", { class: "stack" }, texts(view, item), own(item), origin(view, item))));
}

function alt(item) {
  return item.own_words.alt || item.own_words.caption || `Picture ${item.id.slice(0, 8)}`;
}

function texts(view, item) {
  const rows = item.texts.map((row) => text(view, row));
  const { syn_text: written, recaption } = item.pair;
  return (rows.length > 0 || written || recaption) && h("ol", { class: "texts" }, rows,
    written && h("li", {}, h("span", { class: "label" }, "synthetic"), h("blockquote", {}, written),
      h("p", { class: "note" }, `similarity with the picture ${number(item.pair.syn_score, 3)}`)),
    recaption && h("li", {}, h("span", { class: "label" }, "recaption"), h("blockquote", {}, recaption),
      h("p", { class: "note" }, "by a model that sees the picture alone")));
}

function text(view, row) {
  const said = [`score ${number(row.score, 3)}`, row.relevance !== null && `relevance ${number(row.relevance, 3)}`, row.licence];
  return h("li", {}, h("span", { class: "label" }, row.name), h("blockquote", {}, row.text),
    h("p", { class: "note" }, said.filter(Boolean).join(", "), " · ",
      link(view.href("pair", { id: row.sentence_id }), "this sentence’s way"), row.document_url && [" · ", row.document_url]));
}

function own(item) {
  const { caption, caption_verdict: refused, alt: words, alt_verdict: refusedAlt, licence } = item.own_words;
  return h("div", {}, h("h3", {}, "What its page says"), facts([
    ["Caption", said(caption, refused)], ["Alternative text", said(words, refusedAlt)], ["Licence", licence],
    ["Title", item.page.title], ["Heading", item.page.heading],
  ]));
}

function said(words, refused) {
  return refused ? `${words || "(none)"} — not used: ${refused.replaceAll("_", " ")}` : words;
}

function origin(view, item) {
  const { page } = item;
  return h("div", {}, h("h3", {}, "Where it is from"), facts([
    ["Picture", page.url && long(page.url)],
    ["Page", page.document_url && [link(view.href("pair", { id: page.document_url }), page.document_url)]],
    ["Crawl", item.crawl.uri], ["File", page.source], ["Byte", number(page.source_offset)], ["Place in the page", number(page.position)],
    ["Crawled", page.crawled], ["Cluster", item.pair.cluster_id === null ? null : number(item.pair.cluster_id)],
  ]), published(item));
}

function published(item) {
  return item.published_in.length > 0 && h("p", {}, "Published in: ",
    item.published_in.map((row) => h("span", { class: "published" }, `${row.dataset} as ${row.key} `)));
}

/** The candidates of a picture: those taken, then those that lost, and why. */
export function candidates(view, item) {
  const lost = item.candidates.filter((row) => !row.taken).length;
  return card("Texts that competed", { note: `${item.candidates.length} candidates, ${lost} lost` }, table([
    { key: "taken", title: "Taken as", sort: false, render: (row) => (row.taken ? `text${row.taken}` : "–") },
    { key: "text", title: "Text", wide: true, render: (row) => link(view.href("pair", { id: row.sentence_id }), row.text) },
    { key: "score", title: "Score", number: true, render: (row) => number(row.score, 3), hint: "Cosine of query and text" },
    { key: "rerank", title: "Reranker", number: true, render: (row) => number(row.rerank, 2) },
    { key: "relevance", title: "Relevance", number: true, render: (row) => number(row.relevance, 3) },
    { key: "why", title: "Why it lost", wide: true },
  ], item.candidates, { caption: "Candidates and why they lost" }));
}

/** How its text was asked for, and what was refused. */
export function synthesis(item) {
  const { synthetic: written } = item;
  return card("Written text", {},
    written.answer && facts([
      ["Prompt", `${written.prompt || "unknown"} (${written.prompt_id})`],
      ["Written from", written.from_page ? "a sentence of its own page" : `text${written.source}`],
      ["Tags", written.tags.join(", ")], ["Try", number(written.attempts)],
    ]),
    written.instruction && h("details", {}, h("summary", {}, "The instruction"), h("p", {}, written.instruction)),
    written.answer && h("blockquote", {}, written.answer),
    written.refused.length > 0 && table([
      { key: "attempt", title: "Try", number: true },
      { key: "text", title: "Answer that was refused", wide: true },
      { key: "reason", title: "Guard", render: (row) => row.reason.replaceAll("_", " ") },
      { key: "detail", title: "Detail", wide: true },
    ], written.refused, { caption: "Answers that guards refused" }));
}
