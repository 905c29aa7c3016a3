// Pairs as cards in a grid: the picture, its texts with their scores, and what may be done.

import { button, h, number, picture, state } from "../kit.js";

const TEXTS = [["text1", "1"], ["text2", "2"], ["text3", "3"]];
const MARKS = { right: "✓", partly: "~", wrong: "✕" };

/** Where the picture of a pair is, and the page of the pair. */
export function addressOf(row, source) {
  const place = row.row === undefined ? { ...source, shard: row.shard, image: row.image_id } : { ...source, row: row.row };
  return place;
}

/** A card: card(row, { view, source, mark, takeDown, like }). */
export function pairCard(row, page) {
  const { view, source } = page;
  const words = row.text1 || row.caption || row.alt || "no text";
  const shown = picture({ src: view.url("pairs_picture", addressOf(row, source)), alt: altOf(row), width: 320, height: 240 });
  const open = h("a", { class: "opens", href: view.href("pair", { ...source, id: row.image_id, row: row.row }), "aria-label": `Open the pair: ${words}` }, shown);
  const box = h("li", { class: "pair", dataset: { image: row.image_id } }, open, h("div", { class: "said" }, fate(row), similarity(row), texts(row), own(row), foot(row)), actions(row, page));
  box.row = row;
  return box;
}

/** What a reader of the screen hears of a picture: the page's own words for it. */
function altOf(row) {
  return row.alt || row.caption || (row.tags?.length ? `Picture of ${row.tags.slice(0, 3).join(", ")}` : "Picture without words of its page");
}

function fate(row) {
  if (row.reason) return h("p", { class: "fate" }, state("dropped", row.reason.replaceAll("_", " ")), " ", h("span", { class: "note", title: row.detail }, row.detail));
  return row.step ? h("p", { class: "fate" }, state(row.step === "published" ? "published" : "kept", row.step.replaceAll("_", " "))) : null;
}

function similarity(row) {
  return row.similarity === undefined ? null : h("p", { class: "fate note" }, `similarity ${number(row.similarity, 3)}`);
}

function texts(row) {
  const lines = TEXTS.filter(([name]) => row[name]).map(([name, rank], place) =>
    line(name, `Text ${rank}`, row[name], row.realistic_scores?.[place], row.marks[name]));
  const synthetic = row.syn_text ? line("syn_text", "Synthetic", row.syn_text, row.syn_score, row.marks.syn_text) : null;
  const recaption = row.recaption ? line("recaption", "Recaption", row.recaption) : null;
  return h("dl", { class: "texts" }, lines, synthetic, recaption);
}

function line(name, label, text, score, marks) {
  return h("div", { class: `text of-${name}` },
    h("dt", {}, label, score === null || score === undefined ? null : h("span", { class: "num", title: "cosine with the picture" }, number(score, 2))),
    h("dd", { title: text }, text, marked(marks)));
}

function marked(marks = []) {
  return marks.map((mark) => h("span", { class: `mark is-${mark.judgement}`, title: `${mark.judgement}, says ${mark.who || "somebody"}` },
    h("span", { "aria-hidden": "true" }, ` ${MARKS[mark.judgement]}`), h("span", { class: "hidden" }, ` marked ${mark.judgement}`)));
}

/** What the picture's own page says. */
function own(row) {
  const said = [["Caption", row.caption], ["Alt", row.alt !== row.caption ? row.alt : ""]].filter(([, text]) => text);
  return said.length ? h("dl", { class: "texts own" }, said.map(([label, text]) =>
    h("div", { class: "text" }, h("dt", {}, label), h("dd", { title: text }, text)))) : null;
}

function foot(row) {
  const host = (row.document_url ?? "").replace(/^https?:\/\//, "").split("/")[0];
  const words = [host, (row.licence || "no licence stated").replace(/^https?:\/\/(www\.)?/, ""), row.cluster_id === null || row.cluster_id === undefined ? "" : `cluster ${number(row.cluster_id)}`, row.width ? `${row.width} × ${row.height}` : ""];
  return h("p", { class: "foot note" }, words.filter(Boolean).join(" · "));
}

function actions(row, { view, source, mark, takeDown, like }) {
  return h("div", { class: "actions" },
    row.row === undefined || !source.version ? null : button("Like this", () => like(row), { kind: "small", title: "Pairs whose pictures are like this one" }),
    button("Mark…", () => mark(row), { kind: "small", disabled: !view.can.mark || !row.text1, title: view.can.mark ? "Right, partly or wrong (m; w: text 1 is wrong)" : "Your Airflow user may not mark pairs" }),
    button("Take down…", () => takeDown(row), { kind: "small danger", disabled: !view.may("realsyn_takedown"), title: view.may("realsyn_takedown") ? "Out of the corpus and of every next version (t)" : "Your Airflow user may not start realsyn_takedown" }));
}

/** Keys within the grid: arrows move between pairs, m, w and t act on the one that has the focus. */
export function keys(grid, act) {
  grid.addEventListener("keydown", (event) => {
    const box = event.target.closest(".pair");
    if (!box || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = next(grid, box, event.key);
    if (to) {
      event.preventDefault();
      to.querySelector(".opens").focus();
      to.scrollIntoView({ block: "nearest" });
    } else if (act[event.key]) {
      event.preventDefault();
      act[event.key](box.row);
    }
  });
}

function next(grid, box, key) {
  const all = [...grid.children];
  const across = all.filter((each) => each.offsetTop === all[0].offsetTop).length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[key];
  return step ? all[all.indexOf(box) + step] : undefined;
}
