"""The embedded language model, the reranker, the prompts as shipped and the guards, together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
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
    ("A gorilla.", "A gorilla is the largest of the apes and lives in the forests of Africa."),
    (
        "A sword.",
        "A sword is a cutting or thrusting weapon that has a long blade and a hilt.",
    ),
    ("A tricycle.", "A tricycle is a vehicle with three wheels that is moved by foot pedals."),
    ("A zebra.", "A zebra is an African wild horse, white and marked with dark brown bands."),
    ("A polo shirt.", "A polo shirt is a shirt with short sleeves designed for casual wear."),
    ("Two wombats.", "A wombat is a burrowing Australian marsupial about the size of a badger."),
    ("A spatula.", "The spatula is a laboratory tool to scrape off, grind, and move chemicals."),
    ("A camel.", "A camel is a cud-chewing mammal used as a saddle animal in desert regions."),
    ("A pear.", "A pear is a sweet juicy gritty-textured fruit available in many varieties."),
    ("A whale.", "A whale is a mammal having a streamlined body and a blowhole on the head."),
    ("Clamps", "Laboratory clamps make it easier to hold many kinds of tools."),
    ("A heron.", "A heron is a long-necked wading bird of marshes in many parts of the world."),
)
OTHER = "Two sailors paint the rusty boat that lies on the beach."  # about none of them
BACKENDS = {"language_model": "transformers", "reranker": "cross_encoder_onnx"}


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    prepare(cache_folder())
    return {kind: load(kind, name, cache_folder()) for kind, name in BACKENDS.items()}


def _inputs() -> FakeInputs:
    matches = [
        dict.fromkeys(retrieve_schemas.MATCHES.names)
        | {"image_id": f"{number:02}", "rank": rank, "text": text}
        for number, (_, text) in enumerate(MATERIAL)
        for rank, text in enumerate((OTHER, text), start=1)
    ]
    pages = [
        {"image_id": f"{number:02}", "caption": caption, "alt": caption, "context": []}
        | {"caption_verdict": "", "alt_verdict": ""}
        for number, (caption, _) in enumerate(MATERIAL)
    ]
    return FakeInputs(
        {
            ("corpus", "images"): [pa.Table.from_pylist(pages)],
            ("merge_matches", "matches"): [tables.from_rows(retrieve_schemas.MATCHES, matches)],
            ("tag_images", "tags"): [tables.from_rows(synthesize_schemas.TAGS, [])],
        }
    )


@pytest.fixture(scope="module")
def output(models: Any, tmp_path_factory: pytest.TempPathFactory) -> Output:
    around = context(tmp_path_factory.mktemp("scratch"), model=models.__getitem__)
    return generate_texts.run(_inputs(), generate_texts.Config(), around)


def test_most_images_get_a_text_and_none_is_lost(output: Output) -> None:
    rows = output.tables["texts"].to_pylist()
    assert len(rows) > 0.5 * len(MATERIAL)
    assert output.tables["asked"].num_rows == len(MATERIAL)
    assert len({row["text"] for row in rows}) == len(rows)


def test_what_is_not_about_the_picture_is_not_used(output: Output) -> None:
    assert set(output.tables["texts"]["syn_source"].to_pylist()) == {2}
    assert not any("sailor" in text for text in output.tables["texts"]["text"].to_pylist())


def test_what_was_taken_holds_against_the_guards(output: Output) -> None:
    prompts = {p.prompt_id: p for p in map(read_prompt, ("caption", "detail"))}
    for row in output.tables["texts"].to_pylist():
        caption, text = MATERIAL[int(row["image_id"])]
        prompt = prompts[row["prompt_id"]]
        answers = tuple(example.answer for example in prompt.examples)
        shown = Material(text, (), caption, answers, prompt.instruction)
        assert check(row["text"], shown, Limits()) is None


def test_the_same_texts_again(models: Any, output: Output, tmp_path: Path) -> None:
    around = context(tmp_path, model=models.__getitem__)
    again = generate_texts.run(_inputs(), generate_texts.Config(), around)
    assert again.tables["texts"].equals(output.tables["texts"])
