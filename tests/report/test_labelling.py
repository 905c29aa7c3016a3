"""A page of pairs to judge, which tells nothing and needs nothing, and its answers in the root."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus import labels
from realsyn_tasks.report import labelling
from realsyn_tasks.report.labelling import Shown, drawn, make_page, render, take_in
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.vectors.hash_order import hash_order

Opened = Callable[[str], Workspace]
PAIRS = 8


@pytest.fixture
def run(opened: Opened) -> Workspace:
    return opened("sample")


def page_of(run: Workspace, folder: Path, seed: int = 0) -> str:
    out = folder / "page.html"
    assert make_page(run, PAIRS, seed, out) == PAIRS
    return out.read_text("utf-8")


def answers(run: Workspace, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """What the page saves if everything on it is judged."""
    judged = [
        {"image_id": shown.image_id, "text": text, "judgement": "right" if n else "wrong"}
        for shown in drawn(run, PAIRS, seed)
        for n, text in enumerate(shown.texts)
    ]
    page = {"build": run.config.name, "who": "ann", "seed": seed, "pairs": PAIRS}
    return page | {"labels": judged} | changes


def saved(folder: Path, value: Any) -> Path:
    file = folder / "labels.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return file


def test_the_page_loads_nothing_and_runs_only_its_own_script(
    run: Workspace, tmp_path: Path
) -> None:
    page = page_of(run, tmp_path)
    assert not re.findall(r'(?:src|href|action)="(?!data:image/webp;base64,)', page)
    assert page.count("data:image/webp;base64,") == PAIRS
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy


def test_the_page_does_not_tell_what_a_text_is(run: Workspace, tmp_path: Path) -> None:
    page = page_of(run, tmp_path)
    for word in ("text1", "syn_text", "synthetic", "rank", "score"):
        assert word not in page
    orders = [shown.texts for shown in drawn(run, PAIRS, 0)]
    first = [texts[0].startswith("Photograph") for texts in orders]  # as realistic texts here do
    assert all(len(texts) == 2 for texts in orders)
    assert len(set(first)) == 2


def test_the_same_seed_gives_the_same_page_and_another_one_another(
    run: Workspace, tmp_path: Path
) -> None:
    assert page_of(run, tmp_path) == page_of(run, tmp_path)
    assert page_of(run, tmp_path) != page_of(run, tmp_path, seed=1)


def test_texts_from_the_web_stay_texts() -> None:
    nasty = "</legend><script>alert(1)</script> \" onmouseover='x' {{ 7*7 }}"
    page = render("b", 1, 0, [Shown("0" * 32, (nasty,))], {})
    assert page.count("<script") == 1
    assert "49" not in page
    [attribute] = re.findall(r'data-text="(.*?)"', page)
    assert html.unescape(attribute) == nasty


def test_answers_are_kept_once_however_often_they_are_read(run: Workspace, tmp_path: Path) -> None:
    file = saved(tmp_path, answers(run))
    told = take_in(run, file)
    assert told["judged"] == {"right": PAIRS, "wrong": PAIRS}
    assert take_in(run, file) == told
    assert told["labels"].startswith("labels/")
    [stored] = labels.read(run.storage)
    assert (stored.who, stored.build, len(stored.labels)) == ("ann", "tiny", 2 * PAIRS)
    other = answers(run, who="bob")
    take_in(run, saved(tmp_path, other))
    assert {each.who for each in labels.read(run.storage)} == {"ann", "bob"}


def test_a_pair_that_was_judged_twice_counts_once(run: Workspace, tmp_path: Path) -> None:
    given = answers(run)
    again = {**given["labels"][0], "judgement": "partly"}
    told = take_in(run, saved(tmp_path, given | {"labels": [*given["labels"], again]}))
    assert told["judged"] == {"partly": 1, "right": PAIRS, "wrong": PAIRS - 1}


STRANGE = {"image_id": "0" * 32, "text": "Something else.", "judgement": "right"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "labels"),
        ("no JSON", "is not JSON"),
        ({"build": "other"}, "judges the build 'other', not 'tiny'"),
        ({"labels": []}, "no judgement"),
        ({"labels": [STRANGE]}, "1 pairs that were not on its page"),
        ({"labels": [{**STRANGE, "judgement": "good"}]}, "judgement"),
        ({"labels": [{**STRANGE, "image_id": "../../etc"}]}, "image_id"),
        ({"labels": [{**STRANGE, "text": "x" * 20_000}]}, "text"),
        ({"who": "x" * 100}, "who"),
        ({"who": "a\x1b[31m"}, "who"),
        ({"pairs": 10**9}, "pairs"),
        ({"extra": 1}, "extra"),
    ],
)
def test_what_is_no_file_of_answers_is_refused_with_what_is_wrong(
    run: Workspace, value: Any, words: str, tmp_path: Path
) -> None:
    content = value if isinstance(value, str) else answers(run) | value
    with pytest.raises(ConfigError, match=re.escape(words)):
        take_in(run, saved(tmp_path, content))
    assert labels.read(run.storage) == []


def test_a_file_that_is_too_large_is_not_read(
    run: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelling, "LARGEST", 10)
    with pytest.raises(ConfigError, match="larger than 10 bytes"):
        take_in(run, saved(tmp_path, answers(run)))


def test_before_anything_is_published_matches_are_judged(run: Workspace, tmp_path: Path) -> None:
    for commit in run.ledger("export").commits():
        run.ledger("export").revoke(commit)
    shown = drawn(Workspace.open(run.uri, run.pipeline), PAIRS, 0)
    assert all(len(each.texts) == 1 for each in shown)
    assert len(shown) == PAIRS


def test_candidates_are_shown_whether_or_not_they_became_texts(root: Path, tmp_path: Path) -> None:
    run = Workspace.open(f"{root.as_uri()}/builds/all", PIPELINE)
    shown = drawn(run, 3, 0, "candidates")
    assert len(shown) == 3
    assert max(len(each.texts) for each in shown) > 1
    make_page(run, 3, 0, tmp_path / "page.html", "candidates")
    assert 'data-of="candidates"' in (tmp_path / "page.html").read_text("utf-8")
    judged = [
        {"image_id": each.image_id, "text": text, "judgement": "partly"}
        for each in shown
        for text in each.texts
    ]
    page = {"build": "all", "seed": 0, "pairs": 3, "of": "candidates", "labels": judged}
    assert take_in(run, saved(tmp_path, page))["judged"] == {"partly": len(judged)}


class Candidates:
    """Evidence of candidates, some pieces to a commit, that notes whose texts are read."""

    pieces: ClassVar[list[list[list[dict[str, Any]]]]] = []
    read_texts: ClassVar[list[int]] = []

    def __init__(self, *run: Any) -> None:
        pass

    def commits(self, stage: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(objects={"candidates": n}) for n in range(len(self.pieces))]

    def read(self, number: int, columns: list[str]) -> Iterator[pa.Table]:
        self.read_texts.extend([number] * ("text" in columns))
        schema = pa.schema([(n, {"choice": pa.int32()}.get(n, pa.string())) for n in columns])
        for rows in self.pieces[number]:
            table = [{name: row[name] for name in columns} for row in rows]
            yield pa.Table.from_pylist(table, schema=schema)


def row_of(image: int, choice: int, text: int) -> dict[str, Any]:
    return {"image_id": f"{image:032x}", "choice": choice, "text": f"Text {text}."}


@pytest.mark.parametrize("wanted", [1, 3, 100])
def test_texts_are_read_of_the_images_that_were_drawn_and_of_no_others(
    wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = np.random.default_rng(wanted).integers(0, [9, 9, 99], (80, 3)).tolist()
    rows = [  # some images are in one commit, and some in several
        row_of(image if image > 5 else 9 + 6 * (n // 20) + image, choice, text)
        for n, (image, choice, text) in enumerate(numbers)
    ]
    pieces = [[rows[n : n + 10], [], rows[n + 10 : n + 20]] for n in range(0, len(rows), 20)]
    texts: dict[str, set[str]] = {}
    for row in rows:
        if row["choice"] in labelling.CHOICES:
            texts.setdefault(row["image_id"], set()).add(row["text"])
    names = sorted(texts)
    first = [names[n] for n in np.argsort(hash_order(names, 7), kind="stable")[:wanted]]
    hashed: list[int] = []

    def noted(ids: Any, seed: int) -> Any:
        hashed.append(len(ids))
        return hash_order(ids, seed)

    monkeypatch.setattr(Candidates, "pieces", pieces)
    monkeypatch.setattr(Candidates, "read_texts", [])
    monkeypatch.setattr(labelling, "Evidence", Candidates)
    monkeypatch.setattr(labelling, "unjudged", lambda run: "pool_candidates")
    monkeypatch.setattr(labelling, "hash_order", noted)
    shown = drawn(SimpleNamespace(), wanted, 7, "candidates")  # type: ignore[arg-type]
    assert [each.image_id for each in shown] == first
    assert [set(each.texts) for each in shown] == [texts[name] for name in first]
    holding = [
        n
        for n, commit in enumerate(pieces)
        if any(
            row["image_id"] in first and row["choice"] in labelling.CHOICES
            for piece in commit
            for row in piece
        )
    ]
    assert Candidates.read_texts == holding
    assert max(hashed) <= wanted + 9, "no more is held than is wanted and one piece"


def test_no_candidate_is_nothing_to_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Candidates, "pieces", [[[]], []])
    monkeypatch.setattr(labelling, "Evidence", Candidates)
    monkeypatch.setattr(labelling, "unjudged", lambda run: "pool_candidates")
    assert drawn(SimpleNamespace(), 5, 0, "candidates") == []  # type: ignore[arg-type]
