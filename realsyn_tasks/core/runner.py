"""Runs one batch of shards of one stage: storage, retry classes, progress and commits.

The stage itself is a pure function and sees none of this.
"""

from __future__ import annotations

import resource
import secrets
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from realsyn_tasks import __version__
from realsyn_tasks.core import kept_answers, metrics, reuse
from realsyn_tasks.core.answers import READY, SETTLED, ShardState
from realsyn_tasks.core.batch_log import BatchLog
from realsyn_tasks.core.batch_planner import BatchPlanner
from realsyn_tasks.core.commits import DROPPED, Commit, Failure, part_name
from realsyn_tasks.core.config import ResolvedModel
from realsyn_tasks.core.contract import check_output
from realsyn_tasks.core.declaration import Stage
from realsyn_tasks.core.errors import (
    PERMANENT,
    STOPPING,
    DamagedObject,
    DamagedSource,
    MissingInput,
    RealSynError,
    classify,
    explained,
)
from realsyn_tasks.core.gathered import Gathering
from realsyn_tasks.core.kept_answers import Asked, KeptAnswers
from realsyn_tasks.core.names import numbered
from realsyn_tasks.core.planner import shards_of
from realsyn_tasks.core.progress import Progress
from realsyn_tasks.core.recent import Recent
from realsyn_tasks.core.shard_sizes import sizes
from realsyn_tasks.core.side_by_side import OneAtATime, SharedTime, side_by_side
from realsyn_tasks.core.stage import Context, Output
from realsyn_tasks.core.storage import ObjectRef
from realsyn_tasks.core.workspace import Workspace

LoadModel = Callable[[str, ResolvedModel], Any]
SHARDS_TOGETHER = "shards_together"  # how many a model takes at once: part of how it runs
OF_FITS = 4  # things made of fits that are kept: more than a stage asks for


@dataclass(frozen=True)
class BatchReport:
    """What became of the shards of a batch."""

    committed: list[int] = field(default_factory=list)
    adopted: list[int] = field(default_factory=list)  # from another run, or as they were here
    already_done: list[int] = field(default_factory=list)
    quarantined: list[int] = field(default_factory=list)
    failed: dict[int, RealSynError] = field(default_factory=dict)

    def summary(self) -> dict[str, int]:
        """Give the counts that travel back to the orchestrator."""
        return {name: len(value) for name, value in self.__dict__.items()}


class Runner:
    """Runs batches of one run's stages in this process; models are loaded once.

    Shards are run one after another, but those of a stage that wants them together, if its model
    takes what several shards ask at once: then so many are at work, and each is committed as soon
    as it has its own answers.
    """

    def __init__(self, workspace: Workspace, load_model: LoadModel) -> None:
        self._workspace = workspace
        self._planner: BatchPlanner  # of the batch at hand
        self._load = lru_cache(maxsize=None)(self._load_kind)
        self._load_model = load_model
        self._alone = threading.RLock()  # for what several threads must not do at once
        self._time = SharedTime()
        self._made: dict[str, Any] = {}  # what shards have in common, of this fingerprint alone
        self._made_of = ""
        self._of_fits: Recent[Any]  # what the batch's shards make alike of fits

    def _load_kind(self, kind: str) -> Any:
        return self._load_model(kind, self._workspace.config.models[kind])

    def _model(self, kind: str) -> Any:
        with self._alone:
            model = self._load(kind)
        return model if getattr(model, "concurrent", False) else OneAtATime(model, self._alone)

    def _width(self, stage: Stage) -> int:
        """Say how many shards of a stage are to be at work at once."""
        models = self._workspace.config.models
        model = next((models[name] for name in stage.together if name in models), None)
        return int(model.running.get(SHARDS_TOGETHER, 1)) if model else 1

    def run_batch(
        self, stage: Stage, batch: int, only: Collection[int] | None = None
    ) -> BatchReport:
        """Run what is left of a batch, or of some of its shards. One that fails stops no other.

        Failures that the next shard would meet too (config, bug) are raised at once; others are
        noted and reported.
        """
        report = BatchReport()
        config = self._workspace.config
        numbered(batch, config.dispatch.batches(stage, config.shards(stage.axis)), "batch")
        whole = shards_of(self._workspace, stage, batch)
        shards = [shard for shard in whole if only is None or shard in only]
        self._planner = BatchPlanner(self._workspace, stage, shards)
        self._of_fits = Recent(OF_FITS)
        states = self._planner.states
        due = [shard for shard in shards if states[shard] in READY]
        if due:
            self._sweep(stage, states)
        adoptable = self._reusable(stage, due)
        left = [n for n in shards if states[n] not in SETTLED and n not in adoptable]
        known = sizes(self._workspace, stage, left, self._planner.rows)
        with (
            Progress(self._workspace, stage, batch, known) as progress,
            BatchLog(self._workspace, stage, batch) as log,
        ):
            for shard in shards:
                if states[shard] in SETTLED:
                    done = states[shard] is ShardState.DONE
                    (report.already_done if done else report.quarantined).append(shard)
                elif shard in adoptable:
                    self._adopt(stage, adoptable[shard], report, log)
            attempt = partial(self._attempt, stage, report, progress, log)
            self._attempt_each(attempt, left, self._width(stage))
            log.note("settled", "info", **report.summary())
        return report

    def _attempt_each(self, attempt: Callable[[int], None], shards: list[int], width: int) -> None:
        if width > 1:
            side_by_side(attempt, shards, width)
        else:
            for shard in shards:
                attempt(shard)

    def _sweep(self, stage: Stage, states: Mapping[int, ShardState]) -> None:
        """Remove what killed processes have left, and what others brought too late."""
        self._workspace.ledger(stage.name).sweep()
        if stage.together:
            folder = f"{self._workspace.folder}/{stage.name}"
            settled = {shard for shard, state in states.items() if state in SETTLED}
            kept_answers.discard_settled(self._workspace.storage, folder, settled.__contains__)

    def _reusable(self, stage: Stage, due: Collection[int]) -> dict[int, Commit]:
        """Give markers that count for shards that are due; notes what the others gather."""
        commits = reuse.adoptable(self._workspace, self._planner, stage, due)
        gathering = Gathering(self._workspace, self._planner, stage)
        rest = [shard for shard in due if shard not in commits]
        commits |= gathering.unchanged(rest)
        if any(shard not in commits for shard in rest):
            gathering.note()
        return commits

    def _adopt(self, stage: Stage, commit: Commit, report: BatchReport, log: BatchLog) -> None:
        """Let a commit count that another run, or this one, has made of the same."""
        mine = self._workspace.ledger(stage.name).commit(commit)
        report.adopted.append(commit.shard)
        metrics.settled(stage, "adopted")
        log.note("adopted", shard=commit.shard, rows=mine.rows, origin=mine.origin)

    def _attempt(
        self, stage: Stage, report: BatchReport, progress: Progress, log: BatchLog, shard: int
    ) -> None:
        progress.begin(shard)
        self._time.begin(shard)
        try:
            self._require_inputs(stage, shard)
            commit = self.run_shard(stage, shard, progress)
            report.committed.append(shard)
            log.note("committed", shard=shard, rows=commit.rows, cost=commit.cost)
        except Exception as raised:
            self._failed(stage, shard, self._of_source(raised) or raised, report, log)
        finally:
            self._time.end(shard)
        progress.shard_done(shard)

    def _failed(
        self, stage: Stage, shard: int, error: Exception, report: BatchReport, log: BatchLog
    ) -> None:
        """Note a failure; one that the next shard would meet too is raised."""
        kind, trace = classify(error), "".join(traceback.format_exception(error))
        self._note(stage, shard, error, kind, trace)
        metrics.settled(stage, kind)
        log.note("failed", "error", shard=shard, failure_class=kind, error=trace)
        if kind in STOPPING:
            if isinstance(error, RealSynError):
                raise error from error.__cause__
            raise explained(error, f"stage {stage.name}, shard {shard:05d}: ") from error
        if kind == PERMANENT:
            self._answers(stage, shard).discard()
            report.quarantined.append(shard)
        else:
            report.failed[shard] = explained(error)

    def _of_source(self, error: Exception) -> DamagedSource | None:
        """Say of a damaged object that this run does not make what mends it."""
        if not isinstance(error, DamagedObject):
            return None
        remedies = (reader.remedy(error.path) for reader in self._workspace.sources.values())
        remedy = next(filter(None, remedies), "")
        if not remedy:
            return None
        source = DamagedSource(f"{error}; {remedy}")
        source.__cause__ = error
        return source

    def _require_inputs(self, stage: Stage, shard: int) -> None:
        if self._planner.states[shard] is ShardState.WAITING:
            names = ", ".join(stage.reads)
            raise MissingInput(
                f"stage {stage.name}, shard {shard:05d}: not all of its inputs ({names}) are"
                " committed; run the stages before it, or realsyn_backfill"
            )

    def _note(self, stage: Stage, shard: int, error: Exception, kind: str, trace: str) -> None:
        if isinstance(error, DamagedObject):
            self._revoke_owner(error.path)
        if isinstance(error, MissingInput):
            return
        self._workspace.ledger(stage.name).fail(
            Failure(
                stage=stage.name,
                shard=shard,
                fingerprint=self._planner.fingerprints.of(stage, shard),
                failure_class=kind,
                error=f"{type(error).__name__}: {error}",
                traceback=trace[-4000:],
            )
        )

    def _revoke_owner(self, path: str) -> None:
        """Withdraw the marker that names a damaged object, so that the next plan redoes it."""
        for stage in self._workspace.stages():
            if f"/{stage.name}/shard=" in path:  # of this run, or adopted from an earlier one
                shard = int(path.split("/shard=")[1].split("/", maxsplit=1)[0])
                ledger = self._workspace.ledger(stage.name)
                commit = ledger.find(shard)
                if commit and any(ref.path == path for ref in commit.objects.values()):
                    ledger.revoke(shard)

    def run_shard(self, stage: Stage, shard: int, progress: Progress) -> Commit:
        """Run one shard and commit it."""
        from realsyn_tasks.core.inputs import ShardInputs  # who finds nothing to do needs no Arrow

        self._workspace.storage.sweep(self._folder(stage, shard))
        with tempfile.TemporaryDirectory(prefix="realsyn-") as scratch:
            kept = self._answers(stage, shard)
            context = self._context(stage, shard, Path(scratch), progress, kept)
            config = stage.config_class()(**self._workspace.config.stages.get(stage.name, {}))
            inputs = ShardInputs(self._workspace, self._planner, stage, shard, self._keep)
            output = stage.function()(inputs, config, context)
            check_output(stage, output)
            cost = _cost(stage.needs.gpu, *self._time.of(shard)) | output.cost
            same = {name: inputs.stored(*place) for name, place in output.same.items()}
            commit = self._commit(stage, shard, output, same, Path(scratch), cost)
            if stage.together or kept.used:
                kept.discard()
            return commit

    def _answers(self, stage: Stage, shard: int) -> KeptAnswers:
        storage, folder = self._workspace.storage, f"{self._workspace.folder}/{stage.name}"
        return kept_answers.of_shard(storage, folder, shard)

    def _context(
        self, stage: Stage, shard: int, scratch: Path, progress: Progress, kept: KeptAnswers
    ) -> Context:
        config = self._workspace.config
        return Context(
            shard=shard,
            seed=config.seed,
            axes=config.all_axes,
            scratch=scratch,
            model=self._load if self._width(stage) == 1 else self._model,
            progress=partial(progress.items, shard),
            kept=lambda model: Asked(kept, config.models[model].identity),
            target=config.target,
            source_rows=config.source_rows if stage.sized else {},
            shared=partial(self._shared, self._planner.fingerprints.of(stage, shard)),
            device=config.device if stage.needs.gpu else None,
        )

    def _shared(self, fingerprint: str, name: str, make: Callable[[], Any]) -> Any:
        """Make a thing, or give the one that a shard of the same inputs and settings made."""
        with self._alone:
            if self._made_of != fingerprint:
                self._made, self._made_of = {}, fingerprint
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]

    def _keep(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Make a thing of a fit, or give the one that a shard of this batch made."""
        with self._alone:
            return self._of_fits.of(key, make)

    def _commit(
        self,
        stage: Stage,
        shard: int,
        output: Output,
        same: dict[str, ObjectRef],
        scratch: Path,
        cost: dict[str, float],
    ) -> Commit:
        attempt = secrets.token_hex(6)
        objects = self._store(stage, shard, attempt, output, scratch)
        ledger = self._workspace.ledger(stage.name)
        mine = Commit(
            stage=stage.name,
            shard=shard,
            fingerprint=self._planner.fingerprints.of(stage, shard),
            attempt=attempt,
            objects=objects | same,
            rows=_count_rows(output, objects),
            dropped=_count_dropped(output),
            counts=output.counts,
            measures=output.measures,
            inputs=self._planner.fingerprints.inputs(stage, shard),
            stage_version=stage.version,
            config_digest=self._workspace.config.digest(),
            code_version=__version__,
            models=self._workspace.config.identities_of(stage),
            cost=cost,
        )
        winner = ledger.commit(mine)
        if winner.attempt == attempt:
            metrics.committed(stage, winner)
        else:
            for ref in objects.values():
                self._workspace.storage.delete(ref.path)
        return winner

    def _folder(self, stage: Stage, shard: int) -> str:
        return f"{self._workspace.folder}/{stage.name}/shard={shard:05d}"

    def _store(
        self, stage: Stage, shard: int, attempt: str, output: Output, scratch: Path
    ) -> dict[str, ObjectRef]:
        from realsyn_tasks.core import tables

        folder = self._folder(stage, shard)
        objects = {}
        contents = {**output.tables, DROPPED: tables.dropped_table(output.dropped)}
        for name, table in contents.items():
            local = scratch / f"part-{name}.parquet"
            rows = tables.write_table(table, local)
            ref = self._workspace.storage.upload(local, f"{folder}/part-{attempt}-{name}.parquet")
            objects[name] = ref.model_copy(update={"rows": rows})
        for name, part in [(n, part) for n, parts in output.parts.items() for part in parts]:
            known = part_name(name, part.first)
            ref = self._workspace.storage.upload(
                part.path, f"{folder}/part-{attempt}-{known}.parquet"
            )
            objects[known] = ref.model_copy(update={"rows": part.rows})
        for name, path in output.blobs.items():
            target = f"{folder}/part-{attempt}-{name}{path.suffix}"
            objects[name] = self._workspace.storage.upload(path, target)
        return objects


def _count_rows(output: Output, objects: dict[str, ObjectRef]) -> dict[str, int]:
    rows = {name: objects[name].rows or 0 for name in output.tables}
    return rows | {name: sum(p.rows for p in parts) for name, parts in output.parts.items()}


def _count_dropped(output: Output) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for item in output.dropped:
        reasons = counts.setdefault(item.kind, {})
        reasons[item.reason.code] = reasons.get(item.reason.code, 0) + 1
    return {kind: dict(sorted(reasons.items())) for kind, reasons in sorted(counts.items())}


def _cost(gpus: int, seconds: float, cpu: float) -> dict[str, float]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu, 3),
        "peak_memory_mb": round(usage.ru_maxrss / 1024, 1),
        **_gpu_cost(gpus, seconds),
    }


def _gpu_cost(gpus: int, seconds: float) -> dict[str, float]:
    """Seconds that a stage's GPUs were held, if torch, which all GPU backends load, sees one."""
    torch = sys.modules.get("torch")
    if not gpus or torch is None or not torch.cuda.is_available():
        return {}
    return {"gpu_seconds": round(gpus * seconds, 3)}
