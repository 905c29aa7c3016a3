import { button, card, count, empty, every, field, fill, h, link, name, number, shown, sign, state, table } from "../kit.js";
import { cell, gateLink } from "./shards/cell.js";
import { grid } from "./shards/grid.js";
import { repair } from "./shards/repair.js";
import { BAD, STATES, WORDS, asRanges, inRanges, unrolled } from "./shards/states.js";

export const page = {
  path: "shards",
  title: "Shards",
  style: true,
  async open(view, params) {
    if (!params.build) return chooseRun(view);
    return opened(view, params);
  },
};

async function chooseRun(view) {
  const box = h("div");
  view.root.append(card("Runs of this root", {}, box));
  await shown(box, () => view.api("shard_runs"), ({ runs }) => table([
    { key: "build", title: "Run", render: (row) => link(view.href("shards", { build: row.build }), name(row.build)) },
    { key: "kind", title: "Kind" },
  ], runs, { caption: "Runs", sort: ["build", "up"], none: empty("No run yet", "Start a build, then its shards show here.") }));
}

async function opened(view, params) {
  const at = { view, build: params.build, number: 0, stages: [], answer: null, selection: { stage: "", shards: new Set() }, shown: {} };
  const body = h("div");
  view.root.append(body);
  await shown(body, () => view.api("shards", { build: at.build }), (answer) => drawn(at, answer));
  if (!at.answer) return;
  asked(at, params);
  await every(4, view.signal, () => refresh(at));
}

/** Show what the address asks for: states, a class of errors, a stage, one of its shards. */
function asked(at, { stage, shard, state: states, failure_class: failureClass }) {
  if (states || failureClass) filter(at, { states: states ? new Set([states].flat()) : null, failureClass: failureClass ?? null });
  const known = at.stages.find((each) => each.name === stage);
  if (!known) return;
  if (shard !== undefined) return open(at, stage, Number(shard));
  const first = states ? known.states.findIndex((each) => [states].flat().includes(each)) : 0;
  at.grid.goTo(stage, Math.max(0, first));
}

function drawn(at, answer) {
  at.head = h("div", { class: "row summary" });
  at.chips = h("div", { class: "row chips", role: "group", "aria-label": "States shown" });
  at.grid = grid({ opened: (stage, shard) => open(at, stage, shard), selected: (stage, shards) => selected(at, stage, shards) });
  at.tools = h("div", { class: "row tools", "aria-live": "polite" });
  at.cell = h("div");
  at.bad = h("div");
  at.table = h("div");
  take(at, answer);
  return [
    at.head,
    card("Stage × shard", { actions: [legend()] }, at.chips, at.grid, at.tools),
    at.cell,
    card("What is not well", { id: "bad" }, at.bad),
    card("States by stage", { id: "by-stage" }, at.table),
  ];
}

async function refresh(at) {
  try {
    const answer = await at.view.api("shards", { build: at.build, since: at.number });
    if (answer.unchanged) headline(at, answer.objects);
    else take(at, answer);
  } catch (error) {
    if (error.name !== "AbortError") fill(at.head, h("span", { class: "error" }, error.message));
  }
}

function take(at, answer) {
  at.answer = answer;
  at.number = answer.number;
  at.stages = answer.stages.map((stage) => withStates(stage, answer));
  at.view.title(`Shards of ${answer.name}`);
  headline(at, answer.objects);
  at.grid.update(at.stages);
  chips(at);
  selected(at, at.selection.stage, at.selection.shards);
  fill(at.bad, badTable(at));
  fill(at.table, stageTable(at));
}

function withStates(stage, { letters, errors }) {
  const states = unrolled(stage.runs, letters);
  const byShard = new Map();
  for (const error of errors) {
    if (error.stage === stage.name) for (const shard of inRanges(error.shards)) byShard.set(shard, error);
  }
  return { ...stage, states, errorOf: (shard) => byShard.get(shard) };
}

// -- above the grid -------------------------------------------------------------------------------

function headline(at, objects) {
  const { answer, view } = at;
  const whole = objects.looked_at === objects.stages;
  const looked = whole ? "objects looked at" : `objects looked at in ${objects.looked_at} of ${objects.stages} stages: more may turn out to be damaged`;
  const again = () => view.api("shards_look", { build: at.build }).then(() => refresh(at));
  fill(at.head,
    h("strong", {}, answer.name), h("span", { class: "muted" }, answer.kind),
    answer.groups.map((group) => h("span", {}, gateLink(view, group.name), " ", group.promoted ? state("promoted") : null)),
    h("span", { class: "note" }, looked), whole ? button("Look again", again, { kind: "small" }) : null,
    link(view.href("shards", { build: "" }), "All runs"));
}

function legend() {
  return h("details", { class: "legend" }, h("summary", {}, "Legend"), h("dl", {}, STATES.map((each) => [h("dt", {}, state(each, each)), h("dd", {}, WORDS[each])])));
}

function totals(at) {
  const sums = {};
  for (const stage of at.stages) for (const [each, shards] of Object.entries(stage.counts)) sums[each] = (sums[each] ?? 0) + shards;
  return sums;
}

function chips(at) {
  const sums = totals(at);
  const classes = [...new Set(at.answer.errors.map((error) => error.failure_class))].filter(Boolean).sort();
  const pressed = (each) => at.shown.states?.has(each) ?? false;
  const toggle = (each) => {
    const states = new Set(at.shown.states ?? []);
    if (!states.delete(each)) states.add(each);
    filter(at, { ...at.shown, states: states.size ? states : null });
  };
  fill(at.chips,
    STATES.filter((each) => sums[each]).map((each) => button(`${sign(each)} ${each} ${number(sums[each])}`, () => toggle(each), { kind: "small chip", "aria-pressed": String(pressed(each)), title: WORDS[each] })),
    classes.length ? classField(at, classes) : null);
}

function classField(at, classes) {
  const made = field({ name: "class", label: "Class of error", value: at.shown.failureClass ?? "", options: [["", "all"], ...classes] });
  made.addEventListener("change", (event) => filter(at, { ...at.shown, failureClass: event.target.value || null }));
  return made;
}

function filter(at, shown) {
  at.shown = shown;
  at.view.remember({ state: shown.states ? [...shown.states] : null, failure_class: shown.failureClass ?? null });
  const { states, failureClass } = shown;
  const has = (stage, shard) => (!states || states.has(stage.states[shard])) && (!failureClass || stage.errorOf(shard)?.failure_class === failureClass);
  at.grid.filter(states || failureClass ? has : null);
  const focused = document.activeElement?.textContent;
  chips(at);
  [...at.chips.querySelectorAll("button")].find((each) => each.textContent === focused)?.focus();
}

// -- below the grid -------------------------------------------------------------------------------

function selected(at, stage, shards) {
  at.selection = { stage, shards };
  const ranges = asRanges(shards);
  const start = () => mend(at, stage, ranges);
  const may = at.view.may("realsyn_backfill");
  const attrs = { disabled: !may, title: may ? null : "Your Airflow user may not start realsyn_backfill" };
  fill(at.tools, shards.size
    ? [h("span", {}, `Selected: ${stage}, ${shards.size === 1 ? "shard" : "shards"} `, h("span", { class: "mono cut ranges", title: ranges }, ranges), ` (${number(shards.size)})`),
      button("Repair…", start, { kind: "primary", ...attrs }), button("Clear", () => at.grid.clear())]
    : [h("span", { class: "note" }, "Drag over a row, or move with the arrow keys and Shift, to select shards. N leads to the next that is not well."),
      button("Repair all that is due…", () => mend(at, "all", "failed and missing"), attrs)]);
}

function mend(at, stage, shards) {
  return repair(at.view, { build: at.build, stage, shards });
}

function open(at, stage, shard) {
  const close = () => {
    fill(at.cell);
    at.view.remember({ stage: null, shard: null });
    at.grid.querySelector('[role="application"]').focus();
  };
  const goTo = (other, number_) => {
    open(at, other, number_);
  };
  at.view.remember({ stage, shard });
  at.grid.goTo(stage, shard);
  const panel = cell(at.view, { build: at.build, stage, shard }, { close, goTo, repair: (name_, numbers) => mend(at, name_, asRanges(numbers)) });
  fill(at.cell, panel);
  panel.querySelector("h2").setAttribute("tabindex", "-1");
  panel.querySelector("h2").focus();
}

function badRows(at) {
  return at.answer.errors.map((error) => ({ ...error, why: [error.failure_class, error.error || WORDS[error.state]].filter(Boolean).join(": ") }));
}

function badTable(at) {
  const take_ = (row) => {
    at.grid.select(row.stage, inRanges(row.shards));
    at.tools.scrollIntoView({ block: "nearest" });
  };
  return table([
    { key: "stage", title: "Stage" },
    { key: "state", title: "State", render: (row) => state(row.state) },
    { key: "why", title: "Why", wide: true },
    { key: "count", title: "Shards", number: true },
    { key: "shards", title: "Which", render: (row) => h("span", { class: "cut ranges mono", title: row.shards }, row.shards) },
    { key: "act", title: h("span", { class: "hidden" }, "What to do"), sort: false, render: (row) => h("span", { class: "actions" },
      button("Select", () => take_(row), { kind: "small", "aria-label": `Select the ${row.state} shards of ${row.stage}` }),
      button("Open", () => open(at, row.stage, inRanges(row.shards)[0]), { kind: "small", "aria-label": `Open the first ${row.state} shard of ${row.stage}` })) },
  ], badRows(at), { caption: "Shards that are not well, by stage and reason", sort: ["count", "down"], none: empty("All is well", "No shard is damaged, failed, quarantined or stale.") });
}

function stageTable(at) {
  const states = STATES.filter((each) => at.stages.some((stage) => stage.counts[each])).reverse();
  const failed = (stage) => stage.states.flatMap((each, shard) => (BAD.has(each) || each === "missing" ? [shard] : []));
  return table([
    { key: "name", title: "Stage" },
    { key: "group", title: "Group" },
    { key: "shards", title: "Shards", number: true },
    ...states.map((each) => ({ key: each, title: each, number: true, value: (row) => row.counts[each] ?? 0, render: (row) => (row.counts[each] ? number(row.counts[each]) : "") })),
    { key: "running_", title: "At work", value: (row) => row.running.length, render: (row) => (row.running.length ? count(row.running.length, "batch", "batches") : "") },
    { key: "act", title: h("span", { class: "hidden" }, "What to do"), sort: false, render: (row) => (failed(row).length ? button("Select due", () => at.grid.select(row.name, failed(row)), { kind: "small", "aria-label": `Select all shards of ${row.name} that are due` }) : null) },
  ], at.stages, { caption: "States of shards by stage", key: (row) => row.name });
}
