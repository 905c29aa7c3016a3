"""Images and sentences of refused licences are left out before anything is matched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from realsyn_tasks.core.stage import Output
from realsyn_tasks.core.tables import VECTOR
from realsyn_tasks.retrieve import filter_licences
from realsyn_tasks.retrieve.answers import answers
from realsyn_tasks.retrieve.licensed import licensed
from realsyn_tasks.retrieve.queries import queries
from realsyn_tasks.retrieve.settings import settle
from realsyn_tasks.stages import PIPELINE
from tests.support import FakeInputs, context

FREE, CLOSED, COMMERCIAL_NOT = "CC-BY-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0"
IMAGES = {"a": FREE, "b": CLOSED, "c": ""}
SENTENCES = {"p": COMMERCIAL_NOT, "q": FREE, "r": CLOSED}


def corpus() -> FakeInputs:
    tables = {
        ("corpus", name): [pa.table({key: list(items), "licence": list(items.values())})]
        for name, key, items in (
            ("images", "image_id", IMAGES),
            ("sentences", "sentence_id", SENTENCES),
        )
    }
    return FakeInputs(tables)


def filtered(tmp_path: Path, **lists: tuple[str, ...]) -> Output:
    config = filter_licences.Config.model_validate(lists)
    return filter_licences.run(corpus(), config, context(tmp_path))


def test_items_of_refused_licences_are_dropped_with_the_licence(tmp_path: Path) -> None:
    output = filtered(tmp_path, refused_licences=("CC-BY-ND-*", "CC-*-NC-*"))
    dropped = {(d.kind, d.id, d.reason.code, d.detail) for d in output.dropped}
    assert dropped == {
        ("image", "b", "licence", CLOSED),
        ("sentence", "p", "licence", COMMERCIAL_NOT),
        ("sentence", "r", "licence", CLOSED),
    }
    assert output.tables["refused"]["licence"].to_pylist() == sorted([CLOSED, COMMERCIAL_NOT])


def test_what_states_no_licence_can_be_refused_too(tmp_path: Path) -> None:
    assert [d.id for d in filtered(tmp_path, refused_licences=("",)).dropped] == ["c"]
    allowed = filtered(tmp_path, allowed_licences=("CC-*",))
    assert [d.id for d in allowed.dropped] == ["c"]


@pytest.mark.parametrize("shards", [1, 2])
def test_who_reads_the_corpus_sees_the_rest(tmp_path: Path, shards: int) -> None:
    inputs = corpus()
    refused = filtered(tmp_path, refused_licences=("CC-BY-ND-*",)).tables["refused"]
    inputs.tables["filter_licences", "refused"] = [refused] * shards
    assert licensed(inputs, "images", ["image_id"]).to_pydict() == {"image_id": ["a", "c"]}
    sentences = licensed(inputs, "sentences", ["sentence_id", "licence"])
    assert sentences["sentence_id"].to_pylist() == ["p", "q"]


def test_neither_queries_nor_answers_are_of_refused_licences(tmp_path: Path) -> None:
    inputs = corpus()
    inputs.tables = {
        key: [_with_text_and_vectors(table) for table in tables]
        for key, tables in inputs.tables.items()
    }
    output = filtered(tmp_path, refused_licences=("CC-BY-ND-*", "CC-*-NC-*"))
    inputs.tables["filter_licences", "refused"] = [output.tables["refused"]]
    assert queries(inputs)["image_id"].to_pylist() == ["a", "c"]
    assert answers(inputs)["sentence_id"].to_pylist() == ["q"]


def _with_text_and_vectors(table: pa.Table) -> pa.Table:
    vectors = pa.array([[1.0, 0.0]] * table.num_rows, VECTOR)
    more = {name: [""] * table.num_rows for name in ("text", "document_id", "document_url")}
    columns = {**more, "anaphoric": [False] * table.num_rows, "embedding": vectors}
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values))
    return table


def test_without_the_stage_nothing_is_left_out() -> None:
    assert licensed(corpus(), "images", ["image_id"])["image_id"].to_pylist() == list(IMAGES)
    sentences = licensed(corpus(), "sentences", ["sentence_id"])
    assert sentences["sentence_id"].to_pylist() == list(SENTENCES)


@pytest.mark.parametrize(
    ("lists", "off"),
    [
        ({}, True),
        ({"refused_licences": ["CC-*-NC-*"]}, False),
        ({"allowed_licences": [""]}, False),
    ],
)
def test_the_stage_is_off_while_no_list_is_given(lists: dict[str, Any], off: bool) -> None:
    stages = {
        stage.name: stage.config_class()().model_dump(mode="json")
        for stage in PIPELINE.group("retrieve").stages
    }
    stages["filter_licences"] |= lists
    assert ("filter_licences" in settle(stages, {})) is off
