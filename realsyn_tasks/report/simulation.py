"""A cluster in simulation: the DAG is played batch by batch, before anything runs.

Stages wait for those they read, batches for a slot of their pool, and requests below one prefix for
S3. A pod that dies is started again and does what it had not committed. What comes out is how long
all takes, which batches it takes that long for (the critical path), and what holds these up.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

SLOTS, WORK, REQUESTS, START = "slots", "work", "requests", "start"  # what holds a batch up
HOUR = 3600.0


@dataclass(frozen=True)
class Load:
    """What a stage or a step asks of a cluster: batches of equal size."""

    name: str
    group: str
    after: tuple[str, ...] = ()
    batches: int = 1
    seconds: float = 0.0  # of work, in one batch
    shards: int = 1  # of all batches; what a dying pod has committed is kept
    pool: str = "cpu"
    slots: float = 1.0  # of the pool, for one batch
    puts: float = 0.0  # of all batches, lists too
    gets: float = 0.0


@dataclass(frozen=True)
class Cluster:
    """What there is to run on, and what goes wrong there."""

    slots: Mapping[str, float]  # by pool
    start_seconds: float = 0.0  # of a pod, before it works
    deaths_per_hour: float = 0.0  # of a pod
    retry_seconds: float = 0.0
    puts_per_second: float = math.inf  # below one prefix
    gets_per_second: float = math.inf
    seed: int = 0


@dataclass(frozen=True)
class Span:
    """One batch as it was played: seconds since the start of all."""

    load: Load
    ready: float  # all that it reads is there
    start: float
    end: float
    held_by: str  # what took most of its time
    cause: int | None  # the span that it waited for


@dataclass(frozen=True)
class Step:
    """Some batches of one stage, one after another, on the critical path."""

    name: str
    group: str
    hours: float
    held_by: str

    def record(self) -> dict[str, object]:
        """Give it as JSON."""
        return {"stage": self.name, "hours": round(self.hours, 4), "held_by": self.held_by}


@dataclass(frozen=True)
class Played:
    """How a run went."""

    spans: tuple[Span, ...]
    deaths: int

    @property
    def hours(self) -> float:
        """Give the time until the last batch ended."""
        return max((span.end for span in self.spans), default=0.0) / HOUR

    def hours_of(self, name: str) -> float:
        """Give the time between a stage's first start and its last end."""
        own = [span for span in self.spans if span.load.name == name]
        return (max(s.end for s in own) - min(s.start for s in own)) / HOUR if own else 0.0

    def critical_path(self) -> list[Step]:
        """Give the chain of batches that decided the end, from the first on."""
        steps: list[Step] = []
        at = max(range(len(self.spans)), key=lambda n: self.spans[n].end, default=None)
        while at is not None:
            span = self.spans[at]
            start = self.spans[span.cause].end if span.cause is not None else span.ready
            steps.append(_step(span, span.end - start))
            at = span.cause
        return _joined(reversed(steps))

    def bottleneck(self) -> dict[str, object]:
        """Name what holds up most of the critical path: a pool's slots, work, requests, starts."""
        hours: defaultdict[tuple[str, str], float] = defaultdict(float)
        for step in self.critical_path():
            hours[step.held_by, step.name] += step.hours
        if not hours:
            return {}
        (what, stage), most = max(hours.items(), key=lambda item: (item[1], item[0]))
        return {"what": what, "stage": stage, "share": round(most / max(self.hours, 1e-12), 3)}


def play(loads: Sequence[Load], cluster: Cluster) -> Played:
    """Play stages in the order of the DAG; ValueError for a pool that the cluster lacks."""
    _check(loads, cluster)
    return _Play(loads, cluster).run()


def _check(loads: Iterable[Load], cluster: Cluster) -> None:
    for load in loads:
        if cluster.slots.get(load.pool, 0) < load.slots:
            raise ValueError(
                f"{load.name} asks for {load.slots:g} {load.pool}, and the cluster has"
                f" {cluster.slots.get(load.pool, 0):g}"
            )


@dataclass
class _Play:
    """The state of a cluster while it is played."""

    loads: Sequence[Load]
    cluster: Cluster
    spans: list[Span] = field(default_factory=list)
    deaths: int = 0

    def run(self) -> Played:
        """Start what may start, then go to the next end, until nothing is left."""
        self._free = dict(self.cluster.slots)
        self._left = {load.name: load.batches for load in self.loads}  # to start
        self._open = {load.name: load.batches for load in self.loads}  # to end
        self._ready: dict[str, tuple[float, int | None]] = {}
        self._freed: dict[str, int | None] = dict.fromkeys(self._free)
        self._ends: list[tuple[float, int]] = []
        self._random = random.Random(self.cluster.seed)
        now = 0.0
        self._open_up(now, None)
        while True:
            self._start(now)
            if not self._ends:
                return Played(tuple(self.spans), self.deaths)
            now = self._end()

    def _open_up(self, now: float, cause: int | None) -> None:
        """Note which stages may begin: those whose inputs are all done."""
        for load in self.loads:
            known = [name for name in load.after if name in self._open]
            if load.name not in self._ready and not any(self._open[name] for name in known):
                self._ready[load.name] = (now, cause)

    def _start(self, now: float) -> None:
        """Give free slots out; later stages go first, as in the DAG."""
        for load in reversed(self.loads):
            while (
                load.name in self._ready
                and self._left[load.name]
                and self._free[load.pool] >= load.slots
            ):
                self._begin(load, now)

    def _begin(self, load: Load, now: float) -> None:
        self._left[load.name] -= 1
        self._free[load.pool] -= load.slots
        ready, cause = self._ready[load.name]
        waited = now > ready
        seconds, held_by = self._length(load)
        if waited:
            cause, held_by = self._freed[load.pool], f"{load.pool} {SLOTS}"
        self.spans.append(Span(load, ready, now, now + seconds, held_by, cause))
        heapq.heappush(self._ends, (now + seconds, len(self.spans) - 1))

    def _end(self) -> float:
        now, number = heapq.heappop(self._ends)
        load = self.spans[number].load
        self._free[load.pool] += load.slots
        self._freed[load.pool] = number
        self._open[load.name] -= 1
        if not self._open[load.name]:
            self._open_up(now, number)
        return now

    def _length(self, load: Load) -> tuple[float, str]:
        """Say how long one batch takes, with the deaths of its pods, and what of it most."""
        cluster = self.cluster
        waiting = self._requests(load)
        work = max(load.seconds, waiting)
        lost = self._lost(load, work)
        parts = {WORK: load.seconds, REQUESTS: waiting, START: cluster.start_seconds + lost}
        return cluster.start_seconds + work + lost, max(parts, key=lambda name: parts[name])

    def _requests(self, load: Load) -> float:
        """Say how long a batch's requests take when all that run at once share the prefix."""
        at_once = min(load.batches, int(self.cluster.slots[load.pool] // load.slots))
        puts = load.puts / load.batches * at_once / self.cluster.puts_per_second
        gets = load.gets / load.batches * at_once / self.cluster.gets_per_second
        return max(puts, gets)

    def _lost(self, load: Load, work: float) -> float:
        """Play the deaths of a batch's pods: each costs half a shard, a pause and a new start."""
        if not self.cluster.deaths_per_hour:
            return 0.0
        shard = work / max(1.0, load.shards / load.batches)
        lost, left = 0.0, work + self.cluster.start_seconds
        while (until := self._random.expovariate(self.cluster.deaths_per_hour) * HOUR) < left:
            self.deaths += 1
            redone = self._random.random() * min(shard, until)
            lost += redone + self.cluster.retry_seconds + self.cluster.start_seconds
            left += redone + self.cluster.start_seconds - until
        return lost


def _step(span: Span, seconds: float) -> Step:
    return Step(span.load.name, span.load.group, seconds / HOUR, span.held_by)


def _joined(steps: Iterable[Step]) -> list[Step]:
    """Put neighbours of one stage together; what holds most of them up stands for all."""
    joined: list[Step] = []
    for _, chain in groupby(steps, key=lambda step: step.name):
        own, held = list(chain), defaultdict[str, float](float)
        for step in own:
            held[step.held_by] += step.hours
        most = max(held, key=lambda what: held[what])
        joined.append(Step(own[0].name, own[0].group, sum(held.values()), most))
    return joined
