// One shard opened: what it holds, its error, its log, what it reads, what it dropped.

import { button, bytes, card, copyButton, count, date, empty, facts, h, link, long, number, seconds, shown, state, table, tabs } from "../../kit.js";
import { WORDS } from "./states.js";

/** Make the panel of one shard; `at` is { build, stage, shard }, `close` goes away. */
export function cell(view, at, { close, repair, goTo }) {
  const box = h("div");
  const panel = card(`${at.stage}, shard ${number(at.shard)}`, {
    id: "cell",
    actions: [button("Repair…", () => repair(at.stage, [at.shard]), { kind: "small" }), button("✕", close, { kind: "quiet small", "aria-label": "Close this shard" })],
  }, box);
  shown(box, () => view.api("shard", at), (told) => opened(view, at, told, goTo));
  return panel;
}

function opened(view, at, told, goTo) {
  const ways = [
    { id: "report", title: "Report", open: () => report(told) },
    { id: "error", title: "Error", open: () => errorOf(told) },
    { id: "log", title: "Log", open: () => later(() => view.api("shard_log", at), (answer) => log(answer, told)) },
    { id: "reads", title: "Inputs", open: () => inputs(told, goTo) },
    { id: "drops", title: "Drops", open: () => drops(view, at, told) },
  ];
  return [
    h("p", { class: "row" }, state(told.shown_as), h("span", { class: "muted" }, WORDS[told.shown_as] ?? "")),
    told.why.length ? h("ul", { class: "why" }, told.why.map((each) => h("li", {}, each))) : null,
    tabs(ways, { label: "About this shard", active: told.failure && !told.commit ? "error" : "report" }),
  ];
}

function later(load, render) {
  const box = h("div");
  shown(box, load, render);
  return box;
}

function report(told) {
  const { commit } = told;
  if (!commit) return empty("Nothing is committed", "A shard's output exists once its marker is written.");
  const { cost } = commit;
  return h("div", { class: "stack" },
    facts([
      ["Rows", Object.entries(commit.rows).map(([name, rows]) => `${name} ${number(rows)}`).join(", ") || "none"],
      ["Bytes", bytes(commit.bytes)],
      ["Seconds", seconds(cost.seconds)],
      ["CPU", seconds(cost.cpu_seconds)],
      ["GPU", cost.gpu_seconds && seconds(cost.gpu_seconds)],
      ["Memory at most", cost.peak_memory_mb && bytes(cost.peak_memory_mb * 2 ** 20)],
      ["Try", commit.attempt],
      ["Adopted from", commit.origin],
      ["Version of the stage", commit.stage_version],
      ["Code", commit.code_version],
      ["Batch", `${number(told.batch)} of ${number(told.batches)}`],
      ...Object.entries(commit.models).map(([kind, identity]) => [`Model: ${kind}`, long(identity)]),
    ]),
    objects(commit.objects),
    measured("Counts", commit.counts),
    measured("Measures", commit.measures));
}

function objects(rows) {
  return table([
    { key: "name", title: "Object" },
    { key: "size", title: "Bytes", number: true, render: (row) => bytes(row.size) },
    { key: "rows", title: "Rows", number: true },
    { key: "present", title: "There", render: (row) => (row.present === row.size ? state("done", "whole") : state("damaged", row.present === null ? "gone" : bytes(row.present))) },
    { key: "sha256", title: "SHA-256", render: (row) => digest(row.sha256) },
    { key: "path", title: "Path", wide: true, render: (row) => h("span", { class: "mono" }, row.path) },
  ], rows, { caption: "Objects", key: (row) => row.name });
}

function digest(text) {
  return h("span", { class: "row mono" }, h("span", { title: text }, text.slice(0, 12)), copyButton(text, "Copy digest"));
}

function measured(title, values) {
  const known = Object.entries(values);
  if (!known.length) return null;
  return h("details", {}, h("summary", {}, `${title} (${known.length})`), facts(known.map(([name, value]) => [name, number(value)])));
}

function errorOf({ failure, withdrawn }) {
  const back = withdrawn ? h("p", { class: "note" }, `Its marker of try ${withdrawn} was taken back.`) : null;
  if (!failure) return h("div", {}, empty("It has not failed", "No failure is noted of this shard."), back);
  return h("div", { class: "stack" },
    facts([["Class", failure.failure_class], ["Tries that failed", number(failure.attempts)]]),
    h("pre", { tabindex: "0" }, failure.error),
    failure.traceback ? h("details", { open: true }, h("summary", {}, "Traceback"), h("pre", { tabindex: "0" }, failure.traceback)) : null,
    back);
}

function log({ tries }, told) {
  if (!tries.length) return empty("No log", `Batch ${told.batch} of this stage has not left one here.`);
  return h("div", { class: "stack" }, tries.map((each, place) => h("details", { open: place === 0 },
    h("summary", {}, `Try of ${date(isoOf(each.name))} on ${each.host || "an unknown host"}${each.ended ? "" : ", not ended"}`),
    h("pre", { tabindex: "0" }, each.lines.map(lineOf).join("\n") || "nothing of this shard"),
    each.left_out ? h("p", { class: "note" }, `${count(each.left_out, "line")} of other shards left out`) : null)));
}

/** "20261128T140502-1a2b3c" → ISO. */
function isoOf(name) {
  const [, y, mo, d, hh, mm, s] = name.match(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/) ?? [];
  return y ? `${y}-${mo}-${d}T${hh}:${mm}:${s}Z` : name;
}

function lineOf({ time, level, event, ...rest }) {
  const words = Object.entries(rest).map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : value}`);
  return `${String(time ?? "").slice(11, 19)} ${level === "info" ? "" : `${String(level).toUpperCase()} `}${event}  ${words.join("  ")}`;
}

function inputs(told, goTo) {
  const read = told.reads.map((each) => h("section", {},
    h("h3", {}, each.source ? each.name : jump(goTo, each)),
    h("p", {}, each.source ? each.how : `${each.how}: ${each.shards} (${count(each.count, "shard")})`),
    each.states && h("p", { class: "row" }, Object.entries(each.states).map(([name, shards]) => state(name, `${name} ${number(shards)}`))),
    each.files && h("ul", { class: "mono" }, each.files.map((file) => h("li", {}, `${file.path} (${bytes(file.size)})`)))));
  const by = told.read_by.length ? h("p", { class: "note" }, `Read by: ${told.read_by.join(", ")}`) : null;
  return h("div", { class: "stack" }, read, by);
}

function jump(goTo, { name, shards, count: many }) {
  return button(name, () => goTo(name, many === 1 ? Number(shards) : 0), { kind: "quiet small" });
}

function drops(view, at, told) {
  const rows = told.commit?.drops ?? [];
  if (!rows.length) return empty("Nothing was dropped", "Every item of this shard went on.");
  const box = h("div", { "aria-live": "polite" });
  const open = (row) => shown(box, () => view.api("shard_drops", { ...at, kind: row.kind, reason: row.reason }), (answer) => examples(row, answer.rows));
  return h("div", { class: "stack" }, table([
    { key: "kind", title: "Kind" },
    { key: "reason", title: "Reason", render: (row) => button(row.reason, () => open(row), { kind: "quiet small" }) },
    { key: "words", title: "What it means", wide: true },
    { key: "count", title: "Items", number: true },
  ], rows, { caption: "Dropped, by reason", sort: ["count", "down"], key: (row) => `${row.kind} ${row.reason}` }), box);
}

function examples({ kind, reason }, rows) {
  return card(`The first ${number(rows.length)}: ${reason}`, { level: 3 }, table([
    { key: "id", title: `Id of the ${kind}`, render: (row) => h("span", { class: "mono" }, row.id) },
    { key: "detail", title: "Detail", wide: true },
  ], rows, { caption: `Dropped: ${reason}`, key: (row) => row.id }));
}

/** A link to a gate of this run. */
export function gateLink(view, group) {
  return link(view.href("gate", { group }), `Gate of ${group}`);
}
