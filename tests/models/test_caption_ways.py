"""Every family of captioners says one line of each picture, whatever stands beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realsyn_tasks.core.errors import ConfigError
from tests.models import captioners, support
from tests.models.support import drawing

SIZES = ((120, 90), (64, 120), (90, 90), (200, 60))
MARKS = ("<", ">", "IMAGE", "assistant", "Describe")


@pytest.fixture(scope="module", params=list(captioners.FAMILIES))
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return captioners.FAMILIES[request.param](tmp_path_factory.mktemp("tiny") / request.param)


def load(checkpoint: Path, **options: Any) -> Any:
    options = {"checkpoint": str(checkpoint)} | options
    return support.load("captioner", "transformers", checkpoint.parent / "cache", **options)


def pictures() -> list[Any]:
    return [drawing(seed, size, "RGBA") for seed, size in enumerate(SIZES)]


def test_one_line_for_each_picture_whatever_stands_beside(checkpoint: Path) -> None:
    together = load(checkpoint, batch_size=4).caption(pictures())
    assert len(together) == len(SIZES)
    assert len(set(together)) > 1  # the pictures are looked at
    assert all(caption == " ".join(caption.split()) for caption in together)
    assert not [mark for mark in MARKS for caption in together if mark in caption]
    alone = load(checkpoint, batch_size=1)
    assert alone.caption(pictures()) == together == alone.caption(pictures())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_reaches_all_parts_of_a_model(checkpoint: Path, dtype: str) -> None:
    assert len(load(checkpoint, dtype=dtype, batch_size=2).caption(pictures()[:2])) == 2


def test_a_processor_is_told_what_the_card_says_besides(tmp_path: Path) -> None:
    """As that a picture is not to be cut into tiles."""
    folder = captioners.idefics_3(tmp_path / "idefics3")
    whole = {"do_image_splitting": False, "size": {"longest_edge": 32}}
    shapes = [
        load(folder, processing=said)._way.asked(pictures()[:1])["pixel_values"].shape[1]
        for said in ({}, whole)
    ]
    assert shapes[0] > shapes[1] == 1


def test_the_prompt_is_no_part_of_an_answer(checkpoint: Path) -> None:
    prompt = "<DETAILED_CAPTION>" if checkpoint.name == "florence-2" else "the cat sat"
    captions = load(checkpoint, prompt=prompt, beams=2).caption(pictures())
    assert captions != load(checkpoint).caption(pictures())
    begun = [caption.startswith("the cat sat") for caption in captions]
    assert all(begun) if checkpoint.name in ("blip", "git") else not any(begun)


def test_a_task_without_a_caption_is_refused(tmp_path: Path) -> None:
    florence = captioners.florence_2(tmp_path / "florence")
    with pytest.raises(ConfigError, match="task <OD> gives no caption"):
        load(florence, prompt="<OD>")


def test_a_family_that_does_not_chat_is_refused(tmp_path: Path) -> None:
    folder = captioners.llava(tmp_path / "llava")
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(ConfigError, match="no chat template"):
        load(folder)
