"""Every sentence of the card is chosen by facts of the build."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.pinned import Removed, Takedown
from realsyn_tasks.report import card, page
from realsyn_tasks.report.card import cell, quoted
from realsyn_tasks.report.facts import Facts, gather
from realsyn_tasks.runs.profile import Publisher
from realsyn_tasks.sample.schemas import PUBLISHED_PAIRS
from tests import fabricated
from tests.fabricated_contents import Made
from tests.finished import open_run

Opened = Callable[[str], Workspace]
HOSTILE = "evil`|<script>alert(1)</script>\n## Ours"


@pytest.fixture(scope="module")
def facts(finished: Path) -> Facts:
    return gather(Evidence(open_run(finished, "sample"), "sample"))


def changed(build: Workspace, **columns: Any) -> Facts:
    """Facts of the same build with other values in the first rows of its first shard."""

    def change(made: Made) -> None:
        for name, values in columns.items():
            fabricated.set_column(made, "pairs", name, values)

    fabricated.damage(build, "export", change)
    return gather(Evidence(build, "sample"))


def front(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n", 2)[1])
    return found


def row_of(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"| {start} "))


def test_every_published_column_is_explained(facts: Facts) -> None:
    text = card.render(facts)
    for name in PUBLISHED_PAIRS.names:
        cells = row_of(text, f"`{name}`").split(" | ")
        assert len(cells) == 4, name
        assert all(part.strip(" |") for part in cells), name


def test_a_filter_that_nobody_switched_on_is_told_as_not_applied(facts: Facts) -> None:
    text = card.render(facts)
    assert row_of(text, "image | nsfw").endswith("| **no** |")
    assert row_of(text, "image | too_small").endswith("| min_side 100 | yes |")
    limits = text.partition("## Known limits")[2]
    assert "unsafe content are automatic" not in text
    assert re.search(r"Not applied here: .*\bnsfw\b", limits)


def test_the_settings_of_the_extract_are_told(facts: Facts) -> None:
    text = card.render(facts)
    [block, *_] = re.findall(r"extracted generations 1</summary>\n\n```json\n(.*?)```", text, re.S)
    assert json.loads(block)["filter_images"]["min_side"] == 100


def test_an_extract_that_is_gone_is_told_as_unknown(opened: Opened) -> None:
    build = opened("sample")
    shutil.rmtree(Path(build.storage.uri.removeprefix("file://")) / "extracts")
    text = card.render(gather(Evidence(build, "sample")))
    assert "nobody can say which filters ran" in text
    assert "One with personal data is not there" not in text
    assert "No picture was fetched" not in text


def test_hub_figures_are_of_what_is_published(opened: Opened) -> None:
    facts = changed(opened("sample"), sentence_ids=[["f" * 32]] * 5)
    assert "the most used one serves 5 images" in card.render(facts)
    assert "the most used one serves 5 images" in page.render(facts)


def test_repeated_texts_are_told(opened: Opened) -> None:
    facts = changed(opened("sample"), text1=["The same | text."] * 4)
    line = row_of(card.render(facts), "different text1")
    assert "the most used one stands 4 times: `The same \\| text.`" in line


def test_a_row_without_synthetic_text_is_counted(opened: Opened) -> None:
    facts = changed(opened("sample"), syn_text=[""], syn_score=[None], syn_source=[None])
    written = facts.figures.having["syn_text"]
    assert written < facts.pairs
    assert f"{written} of them ({100 * written / facts.pairs:.1f} %) with a synthetic text" in (
        card.render(facts)
    )
    assert page.render(facts)


def test_licences_are_told_by_licence_and_by_host(facts: Facts) -> None:
    for text in (card.render(facts), re.sub(r"<[^>]+>", " ", page.render(facts))):
        assert "CC-BY-ND-4.0" in text
        assert "not stated" in text
    assert row_of(card.render(facts), "`CC-BY-ND-4.0`") == f"| `CC-BY-ND-4.0` | 0 | {facts.pairs} |"


def test_a_mixed_dataset_declares_no_licence(facts: Facts) -> None:
    assert front(card.render(facts))["license"] == "other"
    assert front(card.render(facts))["license_name"] == "mixed"
    whole = replace(facts, publisher=Publisher(licence="CC-BY-4.0"))
    declared = front(card.render(whole))
    assert (declared["license"], declared["license_link"]) == ("other", "LICENSE")


def test_one_licence_of_all_rows_is_declared(opened: Opened) -> None:
    facts = gather(Evidence(opened("sample"), "sample"))
    licences = facts.figures.licences
    for uses in (licences.licences_of_pictures, licences.licences_of_texts):
        total = uses.total()
        uses.clear()
        uses["CC-BY-4.0"] = total
    assert front(card.render(facts))["license"] == "cc-by-4.0"
    assert "license_name" not in front(card.render(facts))


def test_who_publishes_says_how_to_be_reached(facts: Facts) -> None:
    assert "No contact was given" in card.render(facts)
    assert "publisher.contact" in card.render(facts)
    publisher = Publisher(name="A Lab", contact="data@lab.example", homepage="https://lab.example")
    text = card.render(replace(facts, publisher=publisher))
    assert "write to data@lab.example" in text
    assert "Published by A Lab (https://lab.example)" in text
    assert "No contact was given" not in text


def test_takedowns_are_told(facts: Facts) -> None:
    assert "No takedown had been asked for" in card.render(facts)
    removed = Removed(generation=1, path="", sha256="", images=3, sentences=2, shards=())
    state = Takedown(number=2, digest="", removed=(removed,))
    text = card.render(replace(facts, takedown=state))
    assert "2 takedown requests held" in text
    assert "removed 3 images and 2 sentences" in text


def test_words_in_the_query_are_told(facts: Facts) -> None:
    assert "by the picture alone, without words of its page" in card.render(facts)
    assert "the matches follow the documents' words" in card.render(replace(facts, fused=True))


def test_what_was_measured_of_the_fit_is_told(facts: Facts) -> None:
    unknown = replace(facts, relevance=replace(facts.relevance, measures={}))
    assert "How well the texts fit was not measured" in card.render(unknown)
    share = {"image_text1": 0.14, "image_text1_low": 0.1, "image_text1_high": 0.2}
    measures = {"sampled": 40.0, **share, "image_text1_chance": 0.01}
    measured = replace(facts, relevance=replace(facts.relevance, measures=measures))
    assert "on 40 images" in card.render(measured)
    told = "14.0% of the images (10.0% to 20.0%; at random 1.0%)"
    assert f"asked for by the picture alone | {told} |" in card.render(measured)


def test_what_comes_from_the_web_stays_in_its_cell(opened: Opened) -> None:
    facts = changed(
        opened("sample"),
        licence=[HOSTILE],
        document_url=["https://evil|.example/x"],
        crawled=["`<b>2001"],
        text1=[HOSTILE, HOSTILE],
    )
    text = card.render(facts)
    assert "\n## Ours" not in text
    assert "`evil'\\|<script>alert(1)</script> ## Ours`" in text
    assert "<b>2001" not in text.replace("\\<b", "")
    assert "<script" not in page.render(facts)


def test_cells_and_code_spans_cannot_be_left() -> None:
    assert cell("a|b\n`c` <d>") == "a\\|b \\`c\\` \\<d\\>"
    assert quoted("a`b|c\nd") == "`a'b\\|c d`"


def test_models_are_told_with_the_licences_of_their_cards(opened: Opened) -> None:
    build = opened("sample")
    tagger = build.config.models["tagger"].model_copy(update={"card": "vocabulary"})
    models = {**build.config.models, "tagger": tagger}
    config = build.config.model_copy(update={"models": models})
    run = Workspace(build.storage, build.folder, config, build.pipeline)
    told = {model.kind: model.licence for model in gather(Evidence(run, "sample")).models}
    assert told["tagger"].startswith("Apache-2.0")
    assert told["encoder"] == ""
