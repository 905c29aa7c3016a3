// A repair: its plan first, then realsyn_backfill with the same words.

import { airflowLink, ask, count, fill, h, number, shown, startRun, state, table, toast } from "../../kit.js";

const DAG = "realsyn_backfill";

/** Show what a repair of some shards of a stage would run, and start it if one wants that. */
export async function repair(view, { build, stage, shards }) {
  if (!view.may(DAG)) return toast(`Your Airflow user may not start ${DAG}.`, "error");
  const plan = h("div", { class: "plan" });
  const state_ = { conf: null };
  const words = { build, stage, shards, force: false };
  const load = () => shown(plan, () => view.api("shards_repair", words), (answer) => {
    state_.conf = answer.conf;
    return planned(answer, words);
  });
  plan.addEventListener("change", (event) => {
    if (event.target.name !== "force") return;
    words.force = event.target.checked;
    fill(plan);
    load();
  });
  load();
  const started = await ask({
    title: stage === "all" ? "Repair all that is due" : `Repair ${stage}`,
    body: plan,
    submit: "Start",
    fields: [{ name: "dry_run", type: "checkbox", label: "Only plan it in Airflow, too (dry run)" }],
    act: ({ dry_run }) => start(state_.conf, dry_run),
  });
  if (started) tell(started);
  return started;
}

async function start(conf, dryRun) {
  if (!conf) throw new Error("The plan is not there yet. Wait for it, or change the shards.");
  return startRun(DAG, { ...conf, dry_run: dryRun });
}

function tell({ dag_run_id: id }) {
  const note = h("span", {}, `${DAG} is started: `, airflowLink(`/dags/${DAG}/runs/${encodeURIComponent(id)}`, "its run"));
  toast(note);
}

function planned(answer, { force, stage, shards }) {
  const box = h("input", { type: "checkbox", name: "force", id: "force", checked: force });
  return [
    h("p", {}, stage === "all" ? "Everything of this run that is due." : `Shards ${shards}.`),
    stage === "all" ? null : h("div", { class: "field check" }, box, h("label", { for: "force" }, "Force: do them again, though committed or quarantined")),
    answer.left_out ? h("p", { class: "note" }, `Nothing is left to do for ${answer.left_out}; without force they stay as they are.`) : null,
    answer.rows.length ? planTable(answer.rows) : h("p", {}, "Nothing would run: every shard is committed or quarantined."),
    ...answer.hidden.map((words) => h("p", { class: "note" }, `${words}.`)),
    h("p", { class: "note" }, `${count(answer.shards, "named shard")} in ${count(answer.batches, "batch", "batches")}; then the gate, and what waited for it.`),
  ];
}

function planTable(rows) {
  return table([
    { key: "stage", title: "Stage" },
    { key: "when", title: "When" },
    { key: "state", title: "State", render: (row) => state(row.state) },
    { key: "shards", title: "Shards", wide: true, render: (row) => `${row.shards} (${number(row.count)})` },
    { key: "why", title: "Why", wide: true },
  ], rows, { caption: "What would run, and why" });
}
