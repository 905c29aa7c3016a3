// Versions: what there is of each dataset, and what differs between two, and why.

import {
  bar, button, bytes, card, copyButton, date, empty, field, figure, fill, h, number, pager, picture, say,
  shown, state, table, toast, values,
} from "../kit.js";

const PAGE = 12;
const AGAIN = 700; // ms until an answer that is not complete is asked for again
const SIGNS = { added: ["kept", "added"], removed: ["dropped", "removed"], changed: ["stale", "changed"] };
const TEXTS = [["text1", "Text 1"], ["text2", "Text 2"], ["text3", "Text 3"], ["syn_text", "Synthetic"], ["recaption", "Recaption"], ["caption", "Caption"], ["alt", "Alt"],
  ["licence", "Licence"], ["raw_image_url", "Picture"], ["document_url", "Page"], ["crawled", "Crawled"], ["cluster_id", "Cluster"],
  ["realistic_scores", "Scores"], ["relevance", "Relevance"], ["syn_score", "Synthetic score"], ["tags", "Tags"]];
const ALONE = ["text1", "syn_text", "caption", "raw_image_url"]; // of a pair that one version has
const CHOICE = ["change", "cause", "at", "reason", "field"];

export const page = {
  path: "versions",
  title: "Versions",
  style: true,
  async open(view, params) {
    const list = h("div", { class: "stack" });
    const two = h("div");
    view.root.append(list, two);
    await shown(list, () => view.api("dataset_versions"), (answer) => {
      const every = answer.datasets.flatMap((dataset) => dataset.versions);
      if (every.length > 1) compare(view, two, every, params);
      return every.length ? answer.datasets.map((dataset) => datasetCard(view, dataset)) : none(view);
    });
  },
};

function none(view) {
  return empty("No version yet", "A build publishes a version of its dataset when its last group is promoted.", h("a", { href: view.href("root") }, "See the builds"));
}

// -- the list ---------------------------------------------------------------------------------

function datasetCard(view, dataset) {
  const columns = [
    { key: "version", title: "Version", render: (row) => versionCell(view, row, dataset.latest) },
    { key: "pairs", title: "Pairs", number: true },
    { key: "bytes", title: "Size", number: true, render: (row) => bytes(row.bytes) },
    { key: "published", title: "Published", render: (row) => h("time", { title: "when its manifest was written" }, date(row.published)) },
    { key: "generations", title: "Generations", render: (row) => (row.generations ?? []).join(", ") },
    { key: "builds", title: "Build", render: (row) => buildCell(view, row) },
    { key: "faults", title: "Files", value: (row) => row.faults.length, render: (row) => filesCell(view, row) },
    { key: "said", title: "Said of it", sort: false, render: attached },
  ];
  return card(dataset.name, { note: `${number(dataset.versions.length)} version${dataset.versions.length === 1 ? "" : "s"}` },
    table(columns, dataset.versions, { caption: `Versions of ${dataset.name}`, key: (row) => row.version, sort: ["published", "down"] }));
}

function versionCell(view, row, latest) {
  return h("span", { class: "version" },
    h("span", { class: "mono", title: row.uri }, row.version), row.version === latest ? state("published", "latest") : null,
    h("span", { class: "links" }, h("a", { href: view.href("pairs", { version: row.path, build: null }) }, "pairs"), " ",
      h("a", { href: view.href("map", { version: row.path, build: null }) }, "map")));
}

function buildCell(view, row) {
  if (!row.builds.length) return h("span", { class: "muted", title: "It is gone, or has published another version since" }, "none there");
  const links = row.builds.map((folder) => h("a", { href: view.href("build", { build: folder, version: null }) }, folder.split("/").pop()));
  return [...links, overridden(row.overrides)];
}

function overridden(list) {
  if (!list.length) return null;
  return h("details", {}, h("summary", {}, state("overridden", `${number(list.length)} overridden`)),
    h("ul", {}, list.map((each) => h("li", {}, `gate of ${each.group}, by ${each.by}, ${date(each.at)}: ${each.reason}`))));
}

function attached(row) {
  const files = row.attachments ?? [];
  return files.map((file) => h("span", { class: "attached" }, file.path, copyButton(`${row.uri}/${file.path}`, `Copy the address of ${file.path}`)));
}

function filesCell(view, row) {
  const said = h("span", { class: "row" }, faults(row.faults, "as listed"));
  const check = async () => {
    check.button.disabled = true;
    say("checking");
    try {
      const answer = await view.api("verified_version", { version: row.path });
      fill(said, faults(answer.faults, "checksums hold"));
      say(answer.faults.length ? "faults were found" : "checksums hold");
    } catch (error) {
      toast(error.message, "error");
      check.button.disabled = false;
    }
  };
  check.button = button("Check", check, { kind: "small", title: "Read every file and hold it against its checksum" });
  said.append(check.button);
  return said;
}

function faults(list, fine) {
  if (!list.length) return state("passed", fine);
  const words = (each) => `${each.path.split("/").slice(3).join("/")} is ${each.fault}: ${each.detail}; ${each.remedy}`;
  return h("details", { class: "faults" }, h("summary", {}, state(list.some((each) => each.damages) ? "damaged" : "stale", `${number(list.length)} wrong`)),
    h("ul", {}, list.map((each) => h("li", {}, words(each)))));
}

// -- two of them ------------------------------------------------------------------------------

function compare(view, box, every, params) {
  const known = new Set(every.map((row) => row.path));
  const newest = [...every].sort((a, b) => (b.published ?? 0) - (a.published ?? 0));
  const after = known.has(params.new) ? params.new : newest[0].path;
  const before = known.has(params.old) ? params.old : newest.find((row) => row.path !== after).path;
  const at = { view, old: before, new: after, choice: chosenIn(params), first: Number(params.first) || 0 };
  at.result = h("div", { class: "stack" });
  const options = every.map((row) => [row.path, `${row.path}${row.published ? `, ${date(row.published)}` : ""}`]);
  const form = h("form", { class: "filters", onsubmit: (event) => event.preventDefault(), onchange: () => choose(at, values(form)) },
    field({ name: "old", label: "Older", value: at.old, options }), field({ name: "new", label: "Newer", value: at.new, options }),
    button("⇄ Swap", () => {
      const { old: left, new: right } = form.elements;
      [left.value, right.value] = [right.value, left.value];
      choose(at, values(form));
    }, { title: "Look from the other side" }));
  fill(box, card("What differs between two versions", {}, form, at.result));
  differ(at);
}

function chosenIn(params) {
  return Object.fromEntries(CHOICE.filter((key) => params[key]).map((key) => [key, params[key]]));
}

function choose(at, { old: before, new: after }) {
  Object.assign(at, { old: before, new: after, choice: {}, first: 0 });
  keep(at);
  fill(at.result);
  differ(at);
}

function keep(at) {
  const gone = Object.fromEntries(CHOICE.map((key) => [key, null]));
  at.view.remember({ old: at.old, new: at.new, ...gone, ...at.choice, first: at.first || null });
}

/** Ask until all is known; what is known already stands there meanwhile. */
async function differ(at) {
  const asked = `${at.old} ${at.new}`;
  const same = () => asked === `${at.old} ${at.new}` && !at.view.signal.aborted;
  await shown(at.result, () => at.view.api("version_changes", { old: at.old, new: at.new }), (answer) => {
    if (!same()) return [...at.result.children];
    if (answer.state !== "ready") setTimeout(() => same() && differ(at), AGAIN);
    else if (at.said !== asked) say("the differences are there");
    at.said = answer.state === "ready" ? asked : "";
    return told(at, answer);
  });
}

function told(at, answer) {
  const waiting = { comparing: "Setting them beside each other…", explaining: "Looking for the causes…" }[answer.state];
  const parts = [waiting && h("p", { class: "note", role: "status" }, waiting), answer.counts && counts(answer),
    h("div", { class: "columns" }, answer.whys && whysCard(at, answer), builtCard(at, answer))];
  if (answer.state === "ready") parts.push(pairsCard(at, answer));
  return h("div", { class: "stack" }, parts);
}

function counts(answer) {
  const { same, added, removed, changed } = answer.counts;
  const parts = [{ state: "waiting", label: "the same", value: same }, { state: "stale", label: "changed", value: changed }, { state: "done", label: "added", value: added }, { state: "failed", label: "removed", value: removed }];
  return h("div", { class: "stack" },
    h("div", { class: "figures" }, figure(`+${number(added)}`, "added"), figure(`−${number(removed)}`, "removed"), figure(number(changed), "changed"),
      figure(number(same), "the same"), figure(`${number(answer.old.pairs)} → ${number(answer.new.pairs)}`, "pairs")),
    bar(parts));
}

function whysCard(at, answer) {
  const columns = [
    { key: "change", title: "Pairs", render: (row) => changeSign(row.change) },
    { key: "count", title: "Count", number: true },
    { key: "words", title: "Why", wide: true, render: (row) => [row.words, decided(row.settings)] },
  ];
  const list = table(columns, answer.whys, { caption: "Why pairs differ; open a row to see its pairs", sort: ["count", "down"], none: "Not one pair differs.",
    open: (row) => look(at, { change: row.change, cause: row.cause, at: row.at, reason: row.reason }) });
  const fields = Object.entries(answer.fields).sort((a, b) => b[1] - a[1]);
  const chips = fields.map(([name, count]) => button(`${name} ${number(count)}`, () => look(at, { change: "changed", field: name }), { kind: "small" }));
  return card("Why", { level: 3 }, list, chips.length ? h("p", { class: "chips" }, h("span", { class: "note" }, "Changed columns: "), chips) : null);
}

function changeSign(change) {
  const [name, words] = SIGNS[change] ?? ["unknown", change];
  return state(name, words);
}

function decided(settings) {
  if (!settings.length) return null;
  return h("ul", { class: "settings" }, settings.slice(0, 8).map((each) => h("li", {}, h("span", { class: "mono" }, each.name), " ", change(each.old, each.new))),
    settings.length > 8 ? h("li", {}, `and ${number(settings.length - 8)} more, see beside`) : null);
}

function change(before, after) {
  return h("span", { class: "was-is" }, h("del", {}, plain(before)), " → ", h("ins", {}, plain(after)));
}

function plain(value) {
  if (value === null || value === undefined) return "none";
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value || "“”" : JSON.stringify(value);
}

function builtCard(at, answer) {
  const columns = [
    { key: "where", title: "Of", render: (row) => row.where, value: (row) => `${row.group} ${row.where}` },
    { key: "name", title: "Setting", wide: true, render: (row) => h("span", { class: "mono" }, row.name) },
    { key: "old", title: "Older", wide: true, render: (row) => plain(row.old), sort: false },
    { key: "new", title: "Newer", wide: true, render: (row) => plain(row.new), sort: false },
  ];
  const gone = [answer.old, answer.new].filter((side) => !side.build).map((side) => side.version);
  return card("How they were made", { level: 3 },
    table(columns, answer.differences, { caption: "What differs between their builds", none: "Their builds had the same settings, models and sources." }),
    gone.length ? h("p", { class: "note" }, `The build of ${gone.join(" and ")} is gone or has published another version since: its settings, and what it dropped, cannot be told.`) : null);
}

// -- pairs ------------------------------------------------------------------------------------

function pairsCard(at, answer) {
  at.whys = answer.whys;
  at.pairs = h("div", { class: "stack" });
  at.heading = h("p", { role: "status" });
  const section = card("Pairs", { level: 3, id: "pairs-that-differ" }, at.heading, at.pairs);
  listed(at);
  return section;
}

function look(at, choice) {
  Object.assign(at, { choice, first: 0 });
  keep(at);
  listed(at);
  document.getElementById("pairs-that-differ").scrollIntoView({ block: "start" });
}

function listed(at) {
  const asked = { old: at.old, new: at.new, ...at.choice, offset: at.first, limit: PAGE };
  const { field: name, ...why } = at.choice;
  const row = at.whys.find((each) => CHOICE.every((key) => key === "field" || !why[key] || each[key] === why[key]));
  const words = name ? `changed in ${name}` : why.cause && row ? `${row.change}: ${row.words}` : why.change ?? "all that differ";
  fill(at.heading, h("strong", {}, words), Object.keys(at.choice).length ? button("Show all", () => look(at, {}), { kind: "quiet small" }) : null);
  return shown(at.pairs, () => at.view.api("changed_pairs", asked), (answer) => [
    answer.rows.length ? h("ul", { class: "changed" }, answer.rows.map((each) => pairItem(at, each))) : empty("No such pair"),
    pages({ offset: at.first, limit: PAGE, total: answer.total ?? 0, change: (offset) => { at.first = offset; keep(at); listed(at); } }),
  ]);
}

/** The pager, told apart from the bar of pages. */
function pages(options) {
  const made = pager(options);
  made.setAttribute("aria-label", "Parts of the list");
  return made;
}

function pairItem(at, row) {
  const side = row.new ? "new" : "old";
  const version = at[side];
  const about = row[side];
  const why = at.whys.find((each) => ["change", "cause", "at", "reason"].every((key) => each[key] === row[key]));
  const href = at.view.href("pair", { version, id: row.image_id, build: null });
  const src = at.view.url("pairs_picture", { version, row: row[`${side}_row`], size: 320 });
  return h("li", { class: "card" },
    h("a", { class: "thumb", href, "aria-label": `Open the pair: ${about.text1 || row.image_id}` }, picture({ src, alt: about.alt || about.caption || "" })),
    h("div", { class: "words" }, h("div", { class: "row" }, changeSign(row.change), h("span", { class: "muted" }, why?.words)), fields(row)));
}

function fields(row) {
  const both = row.old && row.new;
  const alone = row.old ?? row.new;
  const names = TEXTS.filter(([key]) => (both ? row.fields.includes(key) : ALONE.includes(key) && alone[key]));
  const value = (side, key) => plain(row[side]?.[key] ?? null);
  return h("dl", { class: "fields" }, names.map(([key, title]) => h("div", {}, h("dt", {}, title), both
    ? h("dd", {}, h("del", {}, value("old", key)), h("ins", {}, value("new", key)))
    : h("dd", {}, plain(alone[key])))));
}
