"""Gates and approvals: where a run stops, or waits for a person, and what comes of the answer.

Who is asked answers under Required Actions, by Airflow's human-in-the-loop API. A task that waits
holds no slot; it ends by itself where nobody answers in time.

Airflow loses an answer that comes within a second or so: it wakes the task before the executor has
reported that the process which asked is gone, and the scheduler then takes the task for killed, and
tries it again. The next try therefore does not ask anew, which would delete the answer, but has
the triggerer look for it. Another way to lose one, on SQLite, which locks no rows: the answer is
stored, but nobody wakes the task that is being put aside. So the scheduler is to look soon, and
again, as at the end of its time: it takes what answer there is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.triggers.hitl import HITLTrigger
from airflow.sdk import Param
from airflow.sdk.exceptions import TaskAwaitingInput
from airflow.sdk.execution_time.hitl import upsert_hitl_detail
from airflow.sdk.timezone import utcnow
from airflow.triggers.base import TriggerEvent

from realsyn_airflow import lineage
from realsyn_airflow.failures import ConfigFailure, DataPlaneFailure, GateFailure
from realsyn_airflow.links import GatePage, page_path
from realsyn_airflow.operators import DataPlaneOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

GATE, RESULT = "gate", "return_value"  # what an approval is about
ASK = "ask"  # what the form's on_gate_failure may say
ASKED = "asked"  # in the store of a task: what it has asked, and with how many tries
OVERRIDE = "Override"
OPTIONS = [OVERRIDE, "Fail"]
ANSWER_TIMEOUT = timedelta(days=3)  # a weekend
FOREVER = timedelta(days=3650)
PAUSE = 10.0  # seconds, until a process that asked is surely known to be gone
FIELDS = {
    "reason": Param(
        None,
        type=["null", "string"],
        format="multiline",
        title="Reason",
        description="To override: why it is to be promoted all the same, in 10 characters or more."
        " Your name and reason stand in the dataset's card and report",
    ).serialize()
}
Notifier = Callable[[Any], Any]  # of a context

LOOKS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))  # since it was asked


def parked(
    method: str, kwargs: Mapping[str, Any], whole: timedelta, waited: float = 0.0
) -> TaskAwaitingInput:
    """Give what puts a task aside until it is answered, or until somebody is to look again."""
    passed = timedelta(seconds=waited)
    until = next((look for look in LOOKS if passed < look < whole), whole)
    handed_on = {**kwargs, "waited": until.total_seconds()}
    return TaskAwaitingInput(method_name=method, kwargs=handed_on, timeout=until - passed)


def is_look(event: Mapping[str, Any], whole: timedelta, waited: float) -> bool:
    """Say whether a task was only woken to look, and found no answer."""
    return event.get("error_type") == "timeout" and 0 < waited < whole.total_seconds()


class LateAnswer(HITLTrigger):
    """Fires when there is an answer; not before the process that asked is known to be gone."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Name this class instead of its parent."""
        return f"{LateAnswer.__module__}.{LateAnswer.__qualname__}", super().serialize()[1]

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait for the answer."""
        await asyncio.sleep(PAUSE)
        async for event in super().run():
            yield event


def was_asked(context: Context, what: str) -> bool:
    """Say whether an earlier try of this task, such as one taken for killed, has asked just this.

    A task that a person has cleared has more tries by then, and asks anew.
    """
    return bool(context["task_state_store"].get(ASKED) == _mark(context, what))


def note_asked(context: Context, what: str) -> None:
    """Note that this is asked."""
    context["task_state_store"].set(ASKED, _mark(context, what))


def _mark(context: Context, what: str) -> str:
    return f"{context['ti'].max_tries} {what}"


class GateOperator(DataPlaneOperator):
    """Checks a stage group's output; fails with what was expected and what was seen.

    Where the form says so, a person is asked first whether it is to pass all the same, unless what
    failed is nobody's to override. `notifiers` are called when one is asked.
    """

    ui_color = "#fbe3d6"
    operator_extra_links = (GatePage(),)

    def __init__(
        self, *, group: str, build: str, notifiers: Sequence[Notifier] = (), **kwargs: Any
    ) -> None:
        super().__init__(words=["gate", group, "--build", build], **kwargs)
        self.group = group
        self.notifiers = notifiers

    @property
    def build(self) -> str:
        """Give the URI of the run that is checked."""
        return str(self.words[-1])

    def way(self) -> lineage.Way:
        """Tell what is checked."""
        return lineage.of_gate(self.group, self.build)

    def execute(self, context: Context) -> dict[str, Any]:
        """Run the gate. Its result is kept in the UI, whether it passes or not."""
        if self.build == "None":
            raise ConfigFailure("there is nothing to check: no run was opened")
        return self._decided(context, self._ask_once)

    def _decided(
        self, context: Context, ask: Callable[[Context, GateFailure], NoReturn]
    ) -> dict[str, Any]:
        """Check, and have a person decide about what failed."""
        try:
            return self._checked(context)
        except GateFailure as failure:
            if not _may_be_asked(context["params"], failure.result):
                raise
            ask(context, failure)

    def _checked(self, context: Context) -> dict[str, Any]:
        try:
            return dict(super().execute(context))
        except DataPlaneFailure as failure:
            if isinstance(failure, GateFailure):
                context["ti"].xcom_push("gate", failure.result)
            raise

    def _ask_once(self, context: Context, failure: GateFailure) -> NoReturn:
        if was_asked(context, failure.result["digest"]):
            self._look_for_the_answer(context, failure)
        self._ask(context, failure)

    def _ask(self, context: Context, failure: GateFailure, trouble: str = "") -> NoReturn:
        """Put the question to people, and the task aside; `trouble` is with the last answer."""
        upsert_hitl_detail(
            ti_id=context["ti"].id,
            options=OPTIONS,
            subject=f"The gate of {self.group} failed: override it?",
            body=question(failure.result, self._page(context), trouble),
            params=FIELDS,
        )
        for notify in self.notifiers:
            notify({**context, "exception": failure})
        note_asked(context, failure.result["digest"])
        raise parked("answered", _handed_on(failure), ANSWER_TIMEOUT)

    def _look_for_the_answer(self, context: Context, failure: GateFailure) -> NoReturn:
        until = utcnow() + ANSWER_TIMEOUT
        trigger = LateAnswer(
            ti_id=context["ti"].id, options=OPTIONS, params=FIELDS, timeout_datetime=until
        )
        self.defer(trigger=trigger, method_name="answered", kwargs=_handed_on(failure))

    def _page(self, context: Context) -> str:
        return GatePage().get_link(self, ti_key=context["ti"])

    def answered(
        self,
        context: Context,
        event: dict[str, Any],
        result: dict[str, Any],
        message: str,
        waited: float = 0.0,
    ) -> dict[str, Any]:
        """Override just the result that was shown and check again, or fail with it."""
        if is_look(event, ANSWER_TIMEOUT, waited):
            handed_on = _handed_on(GateFailure(message, result))
            raise parked("answered", handed_on, ANSWER_TIMEOUT, waited)
        if "error" in event:
            raise GateFailure(f"{message}\nNobody answered in {ANSWER_TIMEOUT.days} days.", result)
        who = name_of(event["responded_by_user"])
        if event["chosen_options"] != [OVERRIDE]:
            raise GateFailure(f"{message}\n{who} let it fail.", result)
        reason = str(event["params_input"].get("reason") or "")
        trouble = self._override(context, reason, who, result["digest"])
        return self._decided(context, partial(self._ask, trouble=trouble))

    def _override(self, context: Context, reason: str, who: str, digest: str) -> str:
        """Record the override of a result; say why that is refused, such as a reason too short."""
        seen = [f"--reason={reason}", f"--by={who}", f"--result={digest}", "--really"]
        words = ["override", self.group, "--build", self.build, *seen]
        try:
            self.data_plane().call(words, context)
        except ConfigFailure as refused:
            return str(refused)
        return ""


def _handed_on(failure: GateFailure) -> dict[str, Any]:
    """Give what `answered` has to know, as it is stored while the task waits."""
    return {"result": failure.result, "message": str(failure)}


def _may_be_asked(params: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    """Say whether a person is to be asked, and has something to decide."""
    asked = params.get("on_gate_failure") == ASK
    return asked and bool(result.get("checks")) and not result["final"]


def question(result: Mapping[str, Any], page: str, trouble: str = "") -> str:
    """Give what a person reads before deciding, as Markdown; what was seen comes from the web."""
    return "\n".join(_lines(result, page, trouble))


def _lines(result: Mapping[str, Any], page: str, trouble: str) -> Iterator[str]:
    if trouble:
        yield from ("The last answer was not taken:", *_verbatim([trouble]))
    yield f"Nothing is promoted unless it is overridden. The [gate page]({page}) has all of it."
    for check in result["checks"]:
        told = [f"expected {check['expected']}", f"saw      {check['saw']}"]
        yield from _verbatim([check["about"], *told])
    if result["settings"]:
        yield "Or let it fail, change a setting that decides it, and run the group again:"
        yield from _verbatim(
            f"{each['stage']}.{each['setting']} = {each['value']!r}  ({each['why']})"
            for each in result["settings"]
        )


def _verbatim(lines: Iterable[str]) -> Iterator[str]:
    """Fence lines, so that nothing in them is a link, an image or the end of the fence."""
    yield "\n```text"
    yield from (" ".join(line.replace("`", "'").split()) for line in lines)
    yield "```\n"


def name_of(user: Mapping[str, Any] | None) -> str:
    """Give the name of who answered, as Airflow knows them."""
    return str((user or {}).get("name") or (user or {}).get("id") or "somebody unknown")


class ApprovalStep(ApprovalOperator):
    """Asks a person before promotion, where the form or the profile wants that."""

    said = ""  # by the gate before it

    def execute(self, context: Context) -> Any:
        """Wait for the person, or pass at once."""
        if not context["params"].get("approval"):
            self.log.info("approval is off for this run")
            return None
        if was_asked(context, self.subject):
            self._look_for_the_answer(context)
        self.body = self._material(context["ti"])
        try:
            return super().execute(context)
        except TaskAwaitingInput:
            note_asked(context, self.subject)
            raise parked("execute_complete", {}, self._whole) from None

    def _material(self, ti: Any) -> str:
        """Give what a person reads before deciding: what the gate before this said, as Markdown."""
        result = ti.xcom_pull(task_ids=GATE, key=RESULT)
        if not result:
            return ""
        self.said = result["summary"]
        page = page_path(ti.dag_id, ti.run_id, GATE)
        return "\n".join([*_verbatim([self.said]), f"The [gate page]({page}) has all of it."])

    def execute_complete(self, context: Context, event: dict[str, Any], waited: float = 0.0) -> Any:
        """Take the answer, or wait on where the task was only woken to look for it."""
        if is_look(event, self._whole, waited):
            raise parked("execute_complete", {}, self._whole, waited)
        return super().execute_complete(context, event)

    @property
    def _whole(self) -> timedelta:
        return self.response_timeout or FOREVER

    def _look_for_the_answer(self, context: Context) -> NoReturn:
        trigger = LateAnswer(
            ti_id=context["ti"].id,
            options=self.options,
            params=self.serialized_params,
            timeout_datetime=utcnow() + self.response_timeout if self.response_timeout else None,
        )
        self.defer(trigger=trigger, method_name="execute_complete")
