"""The embedded language model, the prompts as shipped and the guards, together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core import tables
from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.core.stage import Output
from realsyn_tasks.models.makers import prepare
from realsyn_tasks.retrieve import schemas as retrieve_schemas
from realsyn_tasks.synthesize import generate_texts
from realsyn_tasks.synthesize import schemas as synthesize_schemas
from realsyn_tasks.synthesize.guards import Limits, Material, check
from realsyn_tasks.synthesize.prompts import read_prompt
from tests.models.support import load
from tests.support import FakeInputs, context

MATERIAL = (
    (("gorilla", "ape"), "In its anatomy it resembles man more than any other ape does."),
    (("sword", "knife"), "a cutting or thrusting weapon that has a long metal blade and a hilt"),
    (("tricycle", "bicycle"), "a vehicle with three wheels that is moved by foot pedals"),
    (("zebra",), "Any of three African wild horses, white and marked with dark brown bands."),
    (("shirt", "clothing"), "a shirt with short sleeves designed for comfort and casual wear"),
    (("wombat",), "burrowing herbivorous Australian marsupials about the size of a badger"),
    (("lighthouse", "sea"), "Its bright beam sweeps across the dark water and warns the ships."),
    (("beaker", "glass"), "a bowl-shaped vessel in which substances can be ground and mixed"),
    (("balloon",), "A bag filled with hydrogen gas or heated air, so as to float in the sky."),
    (("whale",), "any of the larger mammals breathing through a blowhole on the head"),
    (("pipette",), "Pipettes are used to introduce small quantities of liquids in laboratories."),
    (("heron", "bird"), "large long-necked wading bird of marshes in many parts of the world"),
)
NEXT = "The painter drew the crooked fence and the rusty boat that lies on the beach."


@pytest.fixture(scope="module")
def model() -> Any:
    prepare(cache_folder())
    return load("language_model", "transformers", cache_folder())


def _inputs() -> FakeInputs:
    matches = [
        {"image_id": f"{number:02}", "rank": rank, "sentence_id": "", "text": text}
        | {"document_url": "", "score": 0.5}
        for number, (_, first) in enumerate(MATERIAL)
        for rank, text in enumerate((first, NEXT), start=1)
    ]
    tags = [
        {"image_id": f"{number:02}", "tags": list(found), "scores": [0.5] * len(found)}
        for number, (found, _) in enumerate(MATERIAL)
    ]
    return FakeInputs(
        {
            ("merge_matches", "matches"): [tables.from_rows(retrieve_schemas.MATCHES, matches)],
            ("tag_images", "tags"): [tables.from_rows(synthesize_schemas.TAGS, tags)],
        }
    )


@pytest.fixture(scope="module")
def output(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Output:
    around = context(tmp_path_factory.mktemp("scratch"), model=lambda kind: model)
    return generate_texts.run(_inputs(), generate_texts.Config(), around)


def test_most_images_get_a_text(output: Output) -> None:
    rows = output.tables["texts"].to_pylist()
    assert len(rows) > 0.5 * len(MATERIAL)
    assert len(rows) + len(output.dropped) == len(MATERIAL)
    assert len({row["text"] for row in rows}) == len(rows)


def test_what_was_taken_holds_against_the_guards(output: Output) -> None:
    for row in output.tables["texts"].to_pylist():
        tags, first = MATERIAL[int(row["image_id"])]
        sentence = first if row["match_rank"] == 1 else NEXT
        for name in generate_texts.PROMPTS:
            prompt = read_prompt(name)
            if prompt.prompt_id == row["prompt_id"]:
                answers = tuple(example.answer for example in prompt.examples)
                shown = Material(sentence, tags, "", answers, prompt.instruction)
                assert check(row["text"], shown, Limits()) is None


def test_the_same_texts_again(model: Any, output: Output, tmp_path: Path) -> None:
    around = context(tmp_path, model=lambda kind: model)
    again = generate_texts.run(_inputs(), generate_texts.Config(), around)
    assert again.tables["texts"].equals(output.tables["texts"])
    assert again.dropped == output.dropped
