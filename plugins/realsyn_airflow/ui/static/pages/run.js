// Where Airflow's views of a DAG and of a run lead: to the build of that run.

import { airflowLink, empty, failure } from "../kit.js";

export const page = {
  path: "run",
  title: "Run",
  async open(view, params) {
    const known = await found(view, params);
    if (!known) return;
    const build = known.build.includes("/builds/") ? known.build : "";
    const place = { root: known.root, build: build || null, dag_id: null, run_id: null };
    view.go(build ? "build" : "root", place, { replace: true });
  },
};

async function found(view, { dag_id, run_id }) {
  try {
    return await view.api("run", { root: null, dag_id, run_id });
  } catch (error) {
    if (error.name === "AbortError") return null;
    const start = airflowLink(`/dags/${encodeURIComponent(dag_id)}`, "To the DAG");
    view.root.append(error.status === 404 ? empty("No data of this run", error.message, start) : failure(error, view.reload));
    return null;
  }
}
