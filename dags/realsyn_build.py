"""A dataset, from the form to the published files: the place to watch a build.

The first task, `pin`, checks the whole form within seconds, and settles what the build is made of:
the generations there are now, or those that the form names. A crawl, if the form names one, is then
extracted into the corpus, and its generation added; nothing else that is promoted meanwhile is, and
a run that is tried again or cleared keeps to what it was pinned to (XCom of `pin`; page Build).

Each box runs the DAG of one stage group and waits for it; its link leads to that run. Of several
scales, the groups before the sample run once, for the first; the others adopt them, and each has a
sample of its own. Running the same build again does only what is missing; so does another scale
over the same corpus.

What was published is analysed last, for its report. An analysis that fails fails no build: the
datasets stand, its own run is red, and the summary says so.
"""

from airflow.sdk import TriggerRule, chain

from realsyn_airflow import forms, notices
from realsyn_airflow.boxes import RunGroupOperator
from realsyn_airflow.groups import DONE, FIRST, realsyn_dag
from realsyn_airflow.opening import OpenBuildsOperator, PinOperator
from realsyn_airflow.operators import BuildsOperator
from realsyn_tasks.kinds import BUILD
from realsyn_tasks.stages import PIPELINE

PARAMS = {
    "root": forms.root(),
    "crawl": forms.crawl(required=False),
    "format": forms.format(),
    "scale": forms.scale(),
    "name": forms.name(),
    "generations": forms.generations(),
    "allow_smaller": forms.allow_smaller(),
    **forms.choices(),
    "follow": forms.follow(),
    "analyze": forms.analyze(),
    **forms.consent(),
}
OF_EXTRACT = ("root", "crawl", "format", *forms.choices(), *forms.consent())
OF_ANALYSIS = ("profile", "preset", "seed", "stages")
*BEFORE, SAMPLE = (group.name for group in PIPELINE.groups_of(BUILD.name))
AFTER_ALL = TriggerRule.NONE_FAILED


def as_version(build: dict[str, str]) -> dict[str, str]:
    """Name what a build published by the build's URI."""
    return {"version": build["build"]}


with realsyn_dag("build", __doc__, PARAMS, "start here", deadline=notices.deadline()) as dag:
    pinned = PinOperator(task_id="pin")
    extract = RunGroupOperator(
        task_id="extract", group="extract", passing=OF_EXTRACT, unless_empty="crawl"
    )
    opened = OpenBuildsOperator(task_id="open", pins=pinned.output, trigger_rule=AFTER_ALL)
    once = [
        RunGroupOperator(
            task_id=name, group=name, fields={"build": FIRST}, done=DONE, trigger_rule=AFTER_ALL
        )
        for name in BEFORE
    ]
    adopt = BuildsOperator(
        task_id="adopt", command="adopt", builds=opened.output, others=True, trigger_rule=AFTER_ALL
    )
    sample = RunGroupOperator.partial(
        task_id=SAMPLE,
        group=SAMPLE,
        max_active_tis_per_dagrun=1,
        map_index_template="{{ task.fields['build'] }}",
        trigger_rule=AFTER_ALL,
    ).expand(fields=opened.output)
    analyze = RunGroupOperator.partial(
        task_id="analyze",
        group="analyze",
        passing=OF_ANALYSIS,
        unless_empty="analyze",
        may_fail=True,
        max_active_tis_per_dagrun=1,
        map_index_template="{{ task.fields['version'] }}",
    ).expand(fields=opened.output.map(as_version))
    summary = BuildsOperator(
        task_id="summary", command="summary", builds=opened.output, trigger_rule=AFTER_ALL
    )
    chain(pinned, extract, opened, *once, adopt, sample, analyze, summary)
    dag.add_result(summary.output)
