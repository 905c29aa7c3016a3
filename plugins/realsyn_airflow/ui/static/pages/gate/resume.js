// Let a stage group's run go on after its gate was overridden: a gate task that waits for an answer
// gets it; one that failed is cleared in Airflow, then what waited for that run in the DAG above it.

const NEWEST = 25;

/** Answer the gate that waits, or clear that of the newest failed run; gives { dag, run }, or null. */
export async function goOn(view, { build, group, reason }) {
  const dag = `realsyn_${group}`;
  const asking = await askingRun(view, dag, build, group);
  if (asking) {
    await answered(view, dag, asking, reason);
    return { dag, run: asking };
  }
  const run = await failedRun(view, dag, build, group);
  if (!run) return null;
  await clear(view, dag, run, { task_ids: ["gate"], include_downstream: true });
  await clearAbove(view, dag, run);
  return { dag, run };
}

async function askingRun(view, dag, build, group) {
  const path = `/api/v2/dags/${dag}/dagRuns/~/hitlDetails?response_received=false&task_id=gate&limit=${NEWEST}`;
  const { hitl_details: questions } = await view.airflow("GET", path);
  for (const { task_instance: { dag_run_id: run } } of questions) {
    if (await foundBy(view, dag, run, `${build}/_gates/${group}/`)) return run;
  }
  return null;
}

function answered(view, dag, run, reason) {
  const path = `/api/v2/dags/${dag}/dagRuns/${encodeURIComponent(run)}/taskInstances/gate/-1/hitlDetails`;
  return view.airflow("PATCH", path, { chosen_options: ["Override"], params_input: { reason } });
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
