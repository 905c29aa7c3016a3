// Let a stage group's run go on after its gate was overridden: the failed gate task is cleared in
// Airflow, then what waited for that run in the DAG above it.

const NEWEST = 25;

/** Clear the gate of the newest run that failed with it; gives { dag, run } of what goes on, or null. */
export async function goOn(view, { build, group }) {
  const dag = `realsyn_${group}`;
  const run = await failedRun(view, dag, build, group);
  if (!run) return null;
  await clear(view, dag, run, { task_ids: ["gate"], include_downstream: true });
  await clearAbove(view, dag, run);
  return { dag, run };
}

async function failedRun(view, dag, build, group) {
  const path = `/api/v2/dags/${dag}/dagRuns?state=failed&order_by=-run_after&limit=${NEWEST}`;
  const { dag_runs: runs } = await view.airflow("GET", path);
  for (const { dag_run_id: run } of runs) {
    if (await foundBy(view, dag, run, `${build}/_gates/${group}/`)) return run;
  }
  return null;
}

/** Say whether a run's gate left a result that is of this build. */
async function foundBy(view, dag, run, place) {
  const entry = `/api/v2/dags/${dag}/dagRuns/${encodeURIComponent(run)}/taskInstances/gate/xcomEntries/gate`;
  try {
    const { value } = await view.airflow("GET", entry);
    return (typeof value === "string" ? value : JSON.stringify(value)).includes(place);
  } catch (error) {
    if (error.status === 404) return false;
    throw error;
  }
}

function clear(view, dag, run, more) {
  const body = { dry_run: false, dag_run_id: run, only_failed: false, reset_dag_runs: true, ...more };
  return view.airflow("POST", `/api/v2/dags/${dag}/clearTaskInstances`, body);
}

/** Clear what has failed in the run of which a box has started this one. */
async function clearAbove(view, dag, run) {
  const { conf } = await view.airflow("GET", `/api/v2/dags/${dag}/dagRuns/${encodeURIComponent(run)}`);
  const above = conf?.started_by;
  if (!above) return;
  try {
    await clear(view, above.dag_id, above.run_id, { only_failed: true, task_ids: null });
  } catch (error) {
    if (error.status !== 404) throw error;
  }
}
