import { airflowLink, ask, button, card, count, empty, facts, fill, h, link, name, number, percent, shown, state, table, toast } from "../kit.js";
import { frequencies, histogram, overriding, trend, trendTable } from "./gate/charts.js";
import { goOn } from "./gate/resume.js";

const SHORTEST = 10; // characters of a reason

export const page = {
  path: "gate",
  title: "Gate",
  style: true,
  async open(view, params) {
    if (!params.build) return chooseRun(view);
    if (!params.group) return listed(view, params.build);
    return opened(view, params);
  },
};

async function chooseRun(view) {
  const box = h("div");
  view.root.append(card("Runs of this root", {}, box));
  await shown(box, () => view.api("shard_runs"), ({ runs }) => table([
    { key: "build", title: "Run", render: (row) => link(view.href("gate", { build: row.build }), name(row.build)) },
    { key: "kind", title: "Kind" },
  ], runs, { caption: "Runs", sort: ["build", "up"], none: empty("No run yet", "Start a build, then its gates show here.") }));
}

async function listed(view, build) {
  const box = h("div");
  view.root.append(card("Gates of this run", {}, box));
  await shown(box, () => view.api("gates", { build }), (answer) => {
    view.title(`Gates of ${answer.name}`);
    return table([
      { key: "group", title: "Group", render: (row) => link(view.href("gate", { group: row.group }), row.group) },
      { key: "state", title: "Verdict", render: (row) => verdict(row.state) },
      { key: "promoted", title: "Promoted", render: (row) => (row.promoted ? state("promoted") : "") },
      { key: "summary", title: "What it found", wide: true },
    ], answer.gates, { caption: "What each gate found last" });
  });
}

function verdict(word) {
  return word === "none" ? state("waiting", "not run yet") : state(word);
}

async function opened(view, { build, group, check }) {
  const box = h("div");
  view.root.append(box);
  await shown(box, () => view.api("gate", { build, group }), (answer) => {
    view.title(`Gate of ${group}, ${answer.name}`);
    return drawn(view, answer, check === undefined ? null : Number(check));
  });
}

function drawn(view, answer, chosen) {
  const failed = answer.checks.filter((each) => !each.passed);
  const passed = answer.checks.filter((each) => each.passed);
  return [
    head(view, answer),
    answer.override ? card("Overridden", {}, overriding(answer.override)) : null,
    failed.length ? h("h2", { class: "part" }, "Not as expected") : null,
    failed.map((each) => checkCard(view, answer, each, true)),
    passed.length ? h("h2", { class: "part" }, "As expected") : null,
    passedTable(view, answer, passed, chosen),
    dropped(answer),
    counted(answer),
  ];
}

// -- above ----------------------------------------------------------------------------------------

function head(view, answer) {
  const note = h("span", { class: "note" });
  const { build, group } = answer;
  if (answer.digest) {
    view.api("gate_present", { build, group }).then(({ present }) => {
      if (!present) fill(note, "The group has changed since: run its gate again before you rely on this.");
    }, () => null);
  }
  return h("div", { class: "stack verdict" },
    h("p", { class: "row" }, verdict(answer.state), answer.promoted ? state("promoted") : null, h("strong", {}, `${group} of ${answer.name}`),
      link(view.href("shards"), "Shards"), link(view.href("gate", { group: null }), "All gates"), airflowLink(`/dags/realsyn_${group}`, "Its DAG")),
    h("p", {}, answer.summary), note, actions(view, answer));
}

function actions(view, answer) {
  if (answer.state !== "failed") return null;
  const final = answer.checks.filter((each) => each.blocks && each.final);
  if (final.length) {
    return h("div", { class: "final" }, h("p", {}, "This gate cannot be overridden:"), h("ul", {}, final.map((each) => h("li", {}, `${each.name}: ${each.final}`))));
  }
  const may = view.can.override !== false;
  const title = may ? null : "Your Airflow user may not override a gate";
  return h("p", { class: "row" }, button("Override…", () => askReason(view, answer), { kind: "danger", disabled: !may, title }),
    h("span", { class: "note" }, "Or change what is named below, and run the group again."));
}

async function askReason(view, answer) {
  const failed = answer.checks.filter((each) => each.blocks);
  const done = await ask({
    title: `Override the gate of ${answer.group}`,
    text: `What it found would be promoted all the same: ${count(failed.length, "failed check")}. Your name and reason stand in the dataset's card and report.`,
    body: h("ul", {}, failed.map((each) => h("li", {}, `${each.about}: expected ${each.expected}; saw ${each.saw}`))),
    fields: [{ name: "reason", label: "Reason", rows: 4, required: true, minlength: SHORTEST, maxlength: 1000, hint: `At least ${SHORTEST} characters` }],
    submit: "Override",
    danger: true,
    act: ({ reason }) => overridden(view, answer, reason),
  });
  if (done) view.reload();
}

async function overridden(view, answer, reason) {
  if (reason.trim().length < SHORTEST) throw new Error(`Give a reason of at least ${SHORTEST} characters.`);
  const { build, group, digest } = answer;
  await view.act("override", { build, group, digest, reason });
  await resumed(view, { build, group, reason });
  return true;
}

/** What follows is Airflow's; where it refuses, the override stands all the same. */
async function resumed(view, at) {
  try {
    const run = await goOn(view, at);
    if (run) toast(h("span", {}, "Overridden. The run goes on: ", airflowLink(`/dags/${run.dag}/runs/${encodeURIComponent(run.run)}`, run.run)));
    else toast("Overridden. No failed run of its DAG waits for it: start realsyn_backfill for this run to go on.");
  } catch (error) {
    toast(`Overridden, but its run was not cleared: ${error.message} Clear the task gate of realsyn_${at.group} by hand.`, "error");
  }
}

// -- one check ------------------------------------------------------------------------------------

function checkCard(view, answer, check, open) {
  const behind = h("div", { class: "stack", "aria-live": "polite" });
  const made = card(check.about, { level: open ? 3 : 2, note: check.name }, h("div", { class: "stack" },
    h("p", { class: "row" }, state(check.passed ? "passed" : check.severity === "critical" ? "failed" : "stale", check.passed ? "passed" : check.severity === "critical" ? "failed" : "warning")),
    facts([["Expected", check.expected], ["Seen", check.saw], ["Why it matters", check.why]]),
    check.examples.length ? h("div", {}, h("h4", {}, "Examples"), h("ul", { class: "mono examples" }, check.examples.map((each) => h("li", {}, each)))) : null,
    behind));
  load(view, answer, check, behind);
  return made;
}

async function load(view, answer, check, box) {
  const { build, group, digest } = answer;
  const [parts, way] = [h("div"), h("div")];
  fill(box, parts, way);
  await shown(parts, () => view.api("gate_check", { build, group, digest, number: check.number }), (told) => [
    spread(view, check, told.behind), deciding(answer, check, told.settings),
  ]);
  await shown(way, () => view.api("gate_trend", { build, group, name: check.name, about: check.about }), ({ points }) => trendOf(view, check, points, group));
}

function spread(view, check, behind) {
  if (!behind) return null;
  const of = behind.of === "shards" ? count(behind.drawn, "shard") : count(behind.drawn, "row");
  const title = `${check.column || check.about} over ${of}`;
  const bounds = check.kind === "rows" && !check.column ? { low: null, high: null } : boundsOf(check);
  if (![behind.histogram, behind.values, behind.ends, behind.rows].some((each) => each.length)) return null;
  return h("div", { class: "stack" },
    h("h4", {}, behind.histogram.length || behind.values.length ? `How it is spread over ${of}` : `Looked at: ${of}`),
    behind.histogram.length ? histogram(behind.histogram, bounds, title) : null,
    behind.values.length ? frequencies(behind.values) : null,
    behind.ends.length ? h("p", { class: "note" }, "At the ends: ", behind.ends.map((each) => `shard ${each.shard} (${number(each.value)})`).join(", ")) : null,
    behind.rows.length ? rows(view, check, behind.rows) : null);
}

/** The bounds of the values themselves; those of a share of rows are drawn in the trend alone. */
function boundsOf({ kind, expected, figure }) {
  if (kind === "statistic") return figure;
  const [, low, high] = expected.match(/ (-?[\d.e+-]+) to (-?[\d.e+-]+)(?: |$)/) ?? [];
  const [, least] = expected.match(/ at least (-?[\d.e+-]+)(?: |$)/) ?? [];
  const [, most] = expected.match(/ at most (-?[\d.e+-]+)(?: |$)/) ?? [];
  const given = (text) => (text === undefined ? null : Number(text));
  return { low: given(low ?? least), high: given(high ?? most) };
}

function rows(view, check, found) {
  const names = Object.keys(found[0]).slice(0, 8);
  const cell = (key) => (row) => (key === "image_id" ? link(view.href("pair", { id: row[key] }), row[key]) : row[key]);
  return h("div", {}, h("h4", {}, `Rows that are otherwise (the first ${number(found.length)})`),
    table(names.map((key) => ({ key, title: key.replaceAll("_", " "), wide: key.includes("text"), render: cell(key) })), found, { caption: `Rows that break ${check.name} of ${check.about}` }));
}

function deciding(answer, check, settings) {
  const bound = check.kind === "check" ? `meta.checks.${check.name}` : `${check.name} of ${check.about}`;
  return h("div", { class: "stack" }, h("h4", {}, "What to change"),
    settings.length ? table([
      { key: "stage", title: "Stage" },
      { key: "setting", title: "Setting" },
      { key: "value", title: "In this run", render: (row) => h("code", {}, JSON.stringify(row.value)) },
      { key: "why", title: "Because it" },
      { key: "form", title: "In the form, field Stage settings", wide: true, render: (row) => h("code", {}, JSON.stringify({ [row.stage]: { [row.setting]: row.value } })) },
    ], settings, { caption: `Settings that decide ${check.name} of ${check.about}` }) : null,
    h("p", { class: "note" }, settings.length ? `For all runs: the section stages of profile ${answer.profile || "of the deployment"} (include/profiles). ` : "No setting of a stage is known to decide it alone. ",
      "The bound itself: ", h("code", {}, answer.suite), ", ", h("code", {}, bound), "."));
}

function trendOf(view, check, points, group) {
  const known = points.filter(({ figure }) => figure.value !== null);
  const hrefOf = (point) => view.href("gate", { build: point.build, group });
  return h("div", { class: "stack" }, h("h4", {}, `In ${count(points.length, "run")} of this root`),
    known.length ? trend(points, `${known[0].figure.name} over ${count(known.length, "run")}, bounds dashed`) : null,
    h("details", {}, h("summary", {}, "As a table"), trendTable(points, hrefOf, check)));
}

// -- what passed, and figures ---------------------------------------------------------------------

function passedTable(view, answer, passed, chosen) {
  const box = h("div");
  const open = (check) => {
    view.remember({ check: check.number });
    const panel = checkCard(view, answer, check, true);
    fill(box, panel);
    panel.querySelector("h3").setAttribute("tabindex", "-1");
    panel.querySelector("h3").focus();
  };
  const asked = passed.find((each) => each.number === chosen);
  if (asked) open(asked);
  return [box, card("Checks that passed", { level: 3 }, table([
    { key: "about", title: "About", render: (row) => button(row.about, () => open(row), { kind: "quiet small" }) },
    { key: "expected", title: "Expected", wide: true },
    { key: "saw", title: "Seen", wide: true },
    { key: "verdict", title: "Verdict", sort: false, render: () => state("passed") },
  ], passed, { caption: "Passed, with what was seen", key: (row) => row.number, none: answer.checks.length ? "None." : "The gate has not been run yet." }))];
}

function dropped({ drops }) {
  if (!drops.length) return null;
  return card("Dropped, by stage and reason", {}, table([
    { key: "stage", title: "Stage" },
    { key: "kind", title: "Kind" },
    { key: "reason", title: "Reason" },
    { key: "words", title: "What it means", wide: true },
    { key: "count", title: "Items", number: true },
  ], drops, { caption: "Reasons, most frequent first", sort: ["count", "down"], key: (row) => `${row.stage} ${row.kind} ${row.reason}` }));
}

function counted({ statistics }) {
  const known = Object.entries(statistics).filter(([key, value]) => typeof value === "number" && !key.includes("_share_"));
  if (!known.length) return null;
  return card("Statistics", {}, facts(known.map(([key, value]) => [key.replaceAll("_", " "), key.endsWith("_share") ? percent(value) : number(value)])));
}
