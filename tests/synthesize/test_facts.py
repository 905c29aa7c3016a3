"""Texts held against what is known of their pairs."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.synthesize.facts import Facts, judge, read_facts

FROG = Facts(
    pair_id="a" * 12,
    caption="Two green frogs on a leaf.",
    texts=(
        "A frog is any of various tailless amphibians with long hind limbs for leaping.",
        "A frog is an amphibious animal of the genus Rana.",
    ),
    names=("frog", "toad"),
    kinds=("amphibian", "vertebrate", "animal", "living thing"),
)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Two green frogs on a leaf, tailless amphibians with long hind limbs.", ()),
        ("Two green frogs on a leaf, each of which is a vertebrate.", ()),  # by its kinds alone
        ("Three green frogs on a leaf, amphibians.", ("number",)),
        ("Two green frogs on a leaf in Brazil.", ("name",)),
        ("A frog is a plant with long limbs.", ("kind",)),
        ("Two green frogs, a kind of moss, are a bird with limbs.", ("kind", "kind")),
        ("Two green frogs, a device with limbs.", ()),  # which says nothing
        ("Two green frogs with short hind limbs.", ("attribute",)),
        ("Two red frogs on a leaf, amphibians.", ("attribute",)),
        ("A frog, the mammal with long limbs.", ("kind",)),
        ("Two green frogs never sit on a leaf.", ("negation",)),
    ],
)
def test_what_a_text_gets_wrong(text: str, wrong: tuple[str, ...]) -> None:
    assert tuple(entry.partition(":")[0] for entry in judge(text, FROG).wrong) == wrong


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("Two green toads on a leaf, tailless amphibians.", []),  # another name of it
        ("Two green animals on a leaf, tailless, with limbs.", ["thing: frog"]),
        ("Green frogs on a leaf, tailless amphibians.", ["number: 2"]),
        ("Two frogs, tailless amphibians with long limbs.", ["attributes: green, leaf"]),
        ("Two green frogs on a leaf.", ["text"]),
    ],
)
def test_what_a_text_leaves_out(text: str, dropped: list[str]) -> None:
    assert list(judge(text, FROG).dropped) == dropped


def test_what_a_text_adds_is_no_contradiction() -> None:
    judgement = judge("Two green frogs on a leaf, tailless amphibians in muddy water.", FROG)
    assert judgement.added == ("muddi", "water")
    assert not judgement.wrong


def test_pairs_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl"
    path.write_text(f"{FROG.model_dump_json()}\n")
    assert read_facts(path) == [FROG]


@pytest.mark.parametrize("content", [None, "no JSON", '{"pair_id": "a"}'])
def test_a_file_without_pairs_says_how_to_make_one(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "facts.jsonl"
    if content:
        path.write_text(content)
    with pytest.raises(ConfigError, match="sample-crawl --held-out"):
        read_facts(path)
