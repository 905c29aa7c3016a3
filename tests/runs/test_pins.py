"""A build is pinned, and its whole form checked, when it is asked for, before anything waits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.problems import Problems
from realsyn_tasks.corpus.generations import Generation, GenerationShard, generation_path
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.runs.choices import models_of, read_choices
from realsyn_tasks.runs.opening import open_pinned
from realsyn_tasks.runs.pins import BuildForm, Pins, pin
from tests.crawls import write_tiny_warc
from tests.world import CHOICES

GONE = {"name": "transformers", "options": {"checkpoint": "/nowhere"}}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with two generations, two crawls, and a build over the second generation."""
    folder = tmp_path_factory.mktemp("pins")
    for name in ("first", "second"):
        promote(folder, name)
        write_tiny_warc(folder / "crawls" / name, pages=2, images=2)
    open_pinned(str(folder), ["4"], "other", "2", CHOICES)
    return folder


def promote(root: Path, extract: str, images: int = 6) -> None:
    """Append a generation to the corpus, as its pointer tells it."""
    number = len(list(root.glob("corpus/*"))) + 1
    generation = Generation(
        generation=number,
        crawl=extract,
        crawl_uri=f"{root.as_uri()}/crawls/{extract}",
        extract=extract,
        config_digest="c",
        digest=f"{number}",
        shards=(GenerationShard(objects={}, rows={"images": images, "sentences": 9}),),
        models={"encoder": models_of(CHOICES)["encoder"].identity},
    )
    path = root / generation_path(number)
    path.parent.mkdir(parents=True)
    path.write_text(generation.model_dump_json())


def pinned(root: Path, **fields: Any) -> Pins:
    form = {"root": str(root), "scale": "4", "choices": CHOICES} | fields
    return pin(BuildForm(**form), Problems())


def opened(root: Path, pins: Pins, name: str = "new") -> list[int]:
    """Open what was pinned; give the generations it is made of."""
    numbers = ",".join(map(str, pins.generations)) or "none"
    [run] = open_pinned(str(root), ["4"], name, numbers, CHOICES, extract=pins.extract)
    return [each.generation for each in corpus_of(run.config.sources).generations]


def test_what_is_promoted_meanwhile_is_no_part_of_a_build_but_its_own_crawl_is(
    tmp_path: Path,
) -> None:
    promote(tmp_path, "first")
    write_tiny_warc(tmp_path / "crawls" / "mine", pages=2, images=2)
    pins = pinned(tmp_path, crawl=str(tmp_path / "crawls" / "mine"))
    assert (pins.generations, pins.extract, pins.adds) == ((1,), "mine", True)
    assert pins.in_words() == "generation 1 and the generation of the crawl mine"
    promote(tmp_path, "others")  # by ingest, while the build's own extract runs
    promote(tmp_path, "mine")
    assert opened(tmp_path, pins) == [1, 3]


def test_a_crawl_that_is_in_the_corpus_already_adds_nothing(root: Path) -> None:
    pins = pinned(root, crawl=str(root / "crawls" / "second"))
    assert (pins.generations, pins.adds) == ((1, 2), False)
    assert opened(root, pins) == [1, 2]


def test_generations_may_be_named_and_the_crawls_own_is_added(root: Path) -> None:
    second = str(root / "crawls" / "second")
    assert pinned(root, generations="1").generations == (1,)
    assert pinned(root, generations="1", crawl=second).generations == (1, 2)
    assert pinned(root, generations="none", crawl=second).generations == (2,)
    with pytest.raises(ConfigError, match="none are named, and no crawl to extract"):
        pinned(root, generations="none")


def test_a_crawl_whose_extract_was_not_promoted_is_missed_when_the_build_is_opened(
    root: Path,
) -> None:
    pins = pinned(root, crawl=str(root / "crawls" / "second")).model_copy(
        update={"extract": "third"}
    )
    with pytest.raises(ConfigError, match="third is in no generation"):
        opened(root, pins)


# Things that are wrong with a form at once, and what is said of each.
WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "fields": (
        {"scale": "15x", "name": "A Name", "generations": "7", "crawl": "/nowhere/at/all"},
        [
            "scale '15x': give a number of pairs or one of",
            "name 'A Name': use small letters",
            "generations: the corpus in .* has no 7; there are 1-2",
            "the crawl file:///nowhere/at/all is empty or not there",
        ],
    ),
    "other ways": (
        {"scale": "4,4", "generations": "all", "crawl": "CRAWL", "format": "wrac"},
        [
            "scales 4, 4: name each once",
            "generations 'all': write numbers",
            "there is no format 'wrac': did you mean warc",
        ],
    ),
    "nothing": ({"scale": "", "root": ""}, ["scale '': give a number", "root: none is named"]),
    "no root": ({"root": "ftp://x"}, ["use a file:// or s3:// URI"]),
    "a file": ({"root": "FILE"}, ["root .* is no folder; choose another place"]),
    "not to be written": ({"root": "/proc/root-of-mine"}, ["/proc cannot be written .*choose"]),
    "choices": (
        {
            "options": {
                "follow": "nobody",
                "seed": -1,
                "preset": "papr",
                "models": {"encoder": "clip", "tagger": "not-a-card", "captioner": GONE},
            }
        },
        [
            "follow: there is no build 'nobody'",
            "seed is -1",
            "no preset 'papr': did you mean paper",
            "there is no encoder 'clip'",
            "there is no tagger 'not-a-card'",
            "captioner transformers: .*/nowhere",
        ],
    ),
    "profile": ({"options": {"profile": "locl"}}, ["no profile 'locl': did you mean local"]),
    "settings of all groups": (
        {
            "options": {
                "stages": {
                    "parse": {"max_nodes": 0},
                    "fit_lists": {"nprob": 3},
                    "generate_texts": {"guards": {"min_words": 61}},
                    "filter_pairs": {"max_text_aera": 1},
                    "fit_topics": {"topcs": 1},
                    "no_stage": {},
                }
            }
        },
        [
            "stages.parse.max_nodes is 0",
            "stages.fit_lists.nprob: did you mean nprobe",
            "generate_texts.guards is .* is above max_words",
            "stages.filter_pairs.max_text_aera: did you mean max_text_area",
            "stages.fit_topics.topcs",
            "stages.no_stage",
        ],
    ),
    "settings that do not go together": (
        {"options": {"stages": {"pool_candidates": {"candidates": 999}}}},
        ["raise search_lists.candidates"],
    ),
    "a build that cannot be followed": (
        {"options": {"follow": "other"}},
        ["follow: build 'other' cannot be followed"],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_all_that_is_wrong_is_told_in_one_message_before_anything_runs(
    root: Path, tmp_path: Path, name: str
) -> None:
    fields, said = WRONG[name]
    before = sorted(root.rglob("*"))
    message = told(root, tmp_path, fields)
    assert [each for each in said if not re.search(each, message)] == []
    assert len(message.splitlines()) == (1 + len(said) if len(said) > 1 else 1)
    assert sorted(root.rglob("*")) == before


def told(root: Path, scratch: Path, fields: dict[str, Any]) -> str:
    """Give all that is said of a form, as the command would say it."""
    (scratch / "file").touch()
    words = {"CRAWL": str(root / "crawls/first"), "FILE": str(scratch / "file")}
    given = {k: words.get(v, v) if isinstance(v, str) else v for k, v in fields.items()}
    own = {"stages": CHOICES.stages} | given.pop("options", {})
    problems = Problems()
    choices = read_choices(json.dumps(own), problems)
    form = BuildForm(**{"root": str(root), "scale": "4", **given, "choices": choices})
    with pytest.raises(ConfigError) as raised:
        pin(form, problems)
    return str(raised.value)


def test_a_corpus_that_has_nothing_yet_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no generation yet; extract a crawl first"):
        pinned(tmp_path)


def test_more_pairs_than_images_are_refused_at_once(root: Path) -> None:
    with pytest.raises(ConfigError, match=r"scale 13: 13 pairs .* has 12 images, each for one"):
        pinned(root, scale="13")
    [scale] = pinned(root, scale="13", allow_smaller=True).scales
    assert (scale.images, scale.target) == (12, 13)


def test_with_a_crawl_to_come_the_target_is_compared_when_it_is_there(
    root: Path, tmp_path: Path
) -> None:
    write_tiny_warc(tmp_path / "third", pages=2, images=2)
    pins = pinned(root, scale="400", crawl=str(tmp_path / "third"))
    assert pins.scales[0].growing and pins.warnings == []


def test_fewer_pairs_than_are_to_be_expected_are_warned_of(root: Path) -> None:
    assert pinned(root, scale="10").warnings == []
    [warning] = pinned(root, scale="11").warnings
    assert "about 10 are to be expected of 12 images (by include/costs.yaml)" in warning
    assert "the gate of sample does not pass below it" in warning and "allow_smaller" in warning
    [warning] = pinned(root, scale="11", allow_smaller=True).warnings
    assert "will be published as a dataset under 11" in warning
