"""Whatever a power cut leaves of a control file, it is told by its name, or made anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from realsyn_tasks.core.commits import Failure
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.gate_results import stored_record
from realsyn_tasks.core.planner import Planner
from realsyn_tasks.core.progress import BatchProgress
from realsyn_tasks.core.records import DamagedRecord
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import tombstones
from realsyn_tasks.corpus.entries import Entry
from realsyn_tasks.corpus.generations import damage_in_words, generations
from realsyn_tasks.extract.counts import note_path, of_corpus
from realsyn_tasks.quality import gate
from realsyn_tasks.report.status import status
from realsyn_tasks.runs.arrivals import Quarantined, quarantined
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.stages import PIPELINE

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "zeros": lambda data: bytes(len(data)),
}
RUN, EXTRACT = "builds/tiny", "extracts/pages"
NOTED = "merge_matches"


@dataclass
class Root:
    """A finished root with one of everything."""

    storage: Storage

    def run(self, folder: str = RUN) -> Workspace:
        return Workspace.open(f"{self.storage.uri}/{folder}", PIPELINE)


@pytest.fixture(scope="module")
def whole(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = shutil.copytree(finished, tmp_path_factory.mktemp("whole") / "root")
    found = Root(Storage.at(str(root)))
    promote(found.run(), "sample")
    found.run().ledger(NOTED).fail(failure())
    progress = b'{"done": 0.5, "shards": 1, "elapsed": 10.0, "left": 10.0}'
    found.storage.replace(f"{RUN}/{NOTED}/_progress/00001.json", progress)
    note = Quarantined(crawl="file:///crawls/odd", name="odd", reason="gate_failed", why="odd")
    found.storage.replace("quarantine/odd.json", note.model_dump_json().encode())
    tombstones.file(found.storage, REQUEST)
    return root


def failure() -> Failure:
    return Failure(stage=NOTED, shard=1, fingerprint="", failure_class="transient", error="")


REQUEST = tombstones.Request.of((Entry("domain", "odd.example"),))


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Root:
    return Root(Storage.at(str(shutil.copytree(whole, tmp_path / "root"))))


def pointer_of_counts(root: Root) -> str:
    return note_path(generations(root.storage)[0])


@dataclass(frozen=True)
class Told:
    """A file of which nobody else knows what was in it."""

    path: str | Callable[[Root], str]
    read: Callable[[Root], object]
    advice: str


TOLD = {
    "configuration": Told(f"{RUN}/config.json", lambda root: root.run(), "open the run again"),
    "generation": Told(
        "corpus/gen=0001/generation.json",
        lambda root: generations(root.storage),
        "promote its extract again",
    ),
    "objects of a generation": Told(
        "corpus/gen=0001/generation.json",
        lambda root: damage_in_words(root.storage, 1),
        "promote its extract again",
    ),
    "counts": Told(
        pointer_of_counts, lambda root: of_corpus(root.run()), "promote the extract pages again"
    ),
    "tombstone": Told(
        "takedowns/log/0001.json", lambda root: tombstones.state(root.storage), 'write {"number"'
    ),
    "request": Told(
        f"takedowns/requests/{REQUEST.id}.json",
        lambda root: tombstones.read(root.storage, REQUEST.id),
        "file the request again",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", TOLD)
def test_what_nothing_else_knows_is_told_by_its_name(root: Root, kind: str, damage: str) -> None:
    told = TOLD[kind]
    path = told.path if isinstance(told.path, str) else told.path(root)
    told.read(root)
    root.storage.replace(path, DAMAGES[damage](root.storage.read(path)))
    with pytest.raises(DamagedRecord) as raised:
        told.read(root)
    assert isinstance(raised.value, ConfigError), "nobody tries it again"
    assert f"{root.storage.uri}/{path}" in str(raised.value)
    assert told.advice in str(raised.value)


def open_again(root: Root) -> None:
    config = root.run().config
    damage(root, f"{RUN}/config.json", b"")
    Workspace.create(root.storage, config, PIPELINE)
    assert root.run().config == config


def promote_extract_again(root: Root) -> None:
    path = pointer_of_counts(root)
    before = root.storage.read(path)
    damage(root, path, b"")
    promote(root.run(EXTRACT), "extract")
    assert root.storage.read(path) == before


def damage(root: Root, path: str, data: bytes) -> None:
    root.storage.replace(path, data)


@pytest.mark.parametrize("mend", [open_again, promote_extract_again])
def test_the_advice_works(root: Root, mend: Callable[[Root], None]) -> None:
    mend(root)


@dataclass(frozen=True)
class Derived:
    """A file that can be made anew: damaged, it is as good as none; `mend` writes it."""

    path: str
    seems: Callable[[Root], bool]  # to be there
    mend: Callable[[Root], object] | None = None
    named: bool = True  # on standard error


def has_failure(root: Root) -> bool:
    return 1 in root.run().ledger(NOTED).failures()


def has_progress(root: Root) -> bool:
    path = f"{RUN}/{NOTED}/_progress/00001.json"
    return BatchProgress.parsed(root.storage.read(path)) is not None


DERIVED = {
    "gate": Derived(
        f"{RUN}/_gates/retrieve/result.json",
        lambda root: stored_record(root.run(), "retrieve") is not None,
        lambda root: gate(root.run(), "retrieve"),
    ),
    "promotion": Derived(
        f"{RUN}/_promoted/synthesize.json",
        lambda root: root.run().promotion("synthesize") is not None,
        lambda root: promote(root.run(), "synthesize"),
    ),
    "quarantine": Derived(
        "quarantine/odd.json",
        lambda root: bool(quarantined(root.storage)),
    ),
    "failure": Derived(
        f"{RUN}/{NOTED}/_failures/00001.json",
        has_failure,
        lambda root: root.run().ledger(NOTED).fail(failure()),
        named=False,
    ),
    "progress": Derived(
        f"{RUN}/{NOTED}/_progress/00001.json",
        has_progress,
        named=False,
    ),
    "marker": Derived(
        f"{RUN}/tag_images/_commits/00000.json",
        lambda root: 0 in Planner(root.run()).status(PIPELINE.stage("tag_images")).outlines,
        named=False,
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", DERIVED)
def test_what_can_be_made_anew_is_as_good_as_none(
    root: Root, kind: str, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = DERIVED[kind]
    assert known.seems(root)
    root.storage.replace(known.path, DAMAGES[damage](root.storage.read(known.path)))
    assert not known.seems(root)
    assert (known.path in capsys.readouterr().err) is known.named
    status(root.run())
    if known.mend:
        known.mend(root)
        assert known.seems(root)
