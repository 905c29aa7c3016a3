// Where Airflow's views of a DAG and of a run lead: to the build of that run.

import { airflowLink, empty } from "../kit.js";

export const page = {
  path: "run",
  title: "Run",
  async open(view, { dag_id, run_id }) {
    const known = await view.api("run", { root: null, dag_id, run_id });
    if (known.why) {
      view.root.append(empty("No data of this run", known.why, airflowLink(`/dags/${encodeURIComponent(dag_id)}`, "To the DAG")));
      return;
    }
    const build = known.build.includes("/builds/") ? known.build : null;
    view.go(build ? "build" : "root", { root: known.root, build }, { replace: true });
  },
};
