"""What is said of a picture comes with verdicts, and nothing that must not be passed on comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.arrow_files import opened
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.reasons import Reason
from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.generations import generations
from realsyn_tasks.corpus.pinned import CorpusRef, PinnedCorpus
from realsyn_tasks.corpus.removals import pinned
from realsyn_tasks.extract import describe_images, reasons, schemas
from realsyn_tasks.extract.describe_images import Config
from realsyn_tasks.quality import gate
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_extract
from realsyn_tasks.runs.promotion import promote
from realsyn_tasks.takedown.command import Form, take_down
from tests.crawls import HOST, Response, picture, write_warc
from tests.support import FakeInputs, context, run_group

DOCUMENT = "d" * 32
KEPT = "The old red tram climbs the steep hill."
SHORT = "Go on."
LINK = "The tram is described on www.trams.example in full."
ODD = "Tram hill odd the of."
TWIN = "The old red tram climbs the steep hills."
MAIL = "Write to jane.doe@trams.example about the tram."
MASKED = "Write to [EMAIL] about the tram."
Row = dict[str, Any]


def described(
    texts: list[str],
    *,
    config: Config | None = None,
    dropped: dict[str, list[Dropped]] | None = None,
    kept: list[str] | None = None,
    members: list[Row] | None = None,
    masked: list[Row] | None = None,
    tmp_path: Path,
    **said: str,
) -> Row:
    """The one image of a shard, described: six sentences at most are around it."""
    image = dict.fromkeys(schemas.IMAGES.names) | {
        "image_id": "i" * 32,
        "document_id": DOCUMENT,
        "caption": "",
        "alt": "",
        "title": "",
        "heading": "",
        "context": [{"text": t, "offset": n + 1} for n, t in enumerate(texts)],
        **said,
    }
    document = dict.fromkeys(schemas.DOCUMENTS.names) | {"document_id": DOCUMENT, "language": "en"}
    stages = ("filter_sentences", "filter_perplexity")
    gone = {stage: tables.dropped_table((dropped or {}).get(stage, [])) for stage in stages}
    rows = [dict.fromkeys(schemas.SCORED_SENTENCES.names) | {"sentence_id": i} for i in kept or []]
    inputs = FakeInputs(
        {
            ("embed_images", "images"): [tables.from_rows(schemas.IMAGES, [image])],
            ("parse", "documents"): [tables.from_rows(schemas.DOCUMENTS, [document])],
            ("filter_sentences", "masked"): [tables.from_rows(schemas.MASKED, masked or [])],
            ("filter_perplexity", "sentences"): [tables.from_rows(schemas.SCORED_SENTENCES, rows)],
            ("choose_representatives", "members"): [
                tables.from_rows(schemas.MEMBERS, members or [])
            ],
            **{(stage, "dropped"): [table] for stage, table in gone.items()},
        }
    )
    output = describe_images.run(inputs, config or Config(), context(tmp_path))
    [row] = output.tables["descriptions"].to_pylist()
    assert output.tables["descriptions"].schema == schemas.IMAGE_DESCRIPTIONS
    return dict(row)


def gone(text: str, reason: Reason, detail: str = "") -> Dropped:
    return Dropped("sentence", ids.sentence_id(text), reason, detail)


def twin(text: str, kept: str, shard: int | None = None) -> Row:
    member = {"kind": "sentence", "id": ids.sentence_id(text), "kept_id": kept, "shard": shard}
    return {**member, "reason": "semantic_duplicate", "cosine": 0.99}


def verdicts(row: Row) -> list[tuple[str, str | None]]:
    return [(part["verdict"], part["sentence_id"]) for part in row["context"]]


def test_each_sentence_has_the_verdict_of_the_stage_that_dropped_it(tmp_path: Path) -> None:
    row = described(
        [KEPT, SHORT, ODD, TWIN],
        dropped={
            "filter_sentences": [gone(SHORT, reasons.TOO_SHORT)],
            "filter_perplexity": [gone(ODD, reasons.PERPLEXITY_HIGH)],
        },
        kept=[ids.sentence_id(text) for text in (KEPT, TWIN)],
        members=[twin(TWIN, "k" * 32)],
        tmp_path=tmp_path,
    )
    assert verdicts(row) == [
        ("", ids.sentence_id(KEPT)),
        ("too_short", None),
        ("perplexity_high", None),
        ("semantic_duplicate", "k" * 32),
    ]
    assert [part["text"] for part in row["context"]] == [KEPT, SHORT, ODD, TWIN]
    assert [part["offset"] for part in row["context"]] == [1, 2, 3, 4]


def test_a_second_copy_in_another_shard_is_in_the_corpus(tmp_path: Path) -> None:
    kept = ids.sentence_id(KEPT)
    members = [twin(KEPT, kept, shard=0)]
    row = described([KEPT], kept=[kept], members=members, tmp_path=tmp_path)
    assert verdicts(row) == [("", kept)]


def test_what_no_stage_knows_is_not_in_the_corpus(tmp_path: Path) -> None:
    assert verdicts(described([KEPT], tmp_path=tmp_path)) == [("not_taken", None)]


@pytest.mark.parametrize("reason", [reasons.PII, reasons.TOO_SHORT])
def test_a_dropped_sentence_does_not_carry_personal_data_on(tmp_path: Path, reason: Reason) -> None:
    dropped = {"filter_sentences": [gone(MAIL, reason)]}
    row = described([MAIL], dropped=dropped, tmp_path=tmp_path)
    assert row["context"] == [
        {"text": "", "offset": 1, "verdict": reason.code, "sentence_id": None}
    ]


def test_a_masked_sentence_is_masked_here_too(tmp_path: Path) -> None:
    new = ids.sentence_id(MASKED)
    mask = {"sentence_id": new, "original_id": ids.sentence_id(MAIL), "kinds": ["email"]}
    row = described([MAIL], config=Config(pii="mask"), kept=[new], masked=[mask], tmp_path=tmp_path)
    assert (row["context"][0]["text"], *verdicts(row)[0]) == (MASKED, "", new)
    again = {"filter_sentences": [gone(MAIL, reasons.MASKED_DUPLICATE, f"as {new}")]}
    row = described([MAIL], config=Config(pii="mask"), kept=[new], dropped=again, tmp_path=tmp_path)
    assert (row["context"][0]["text"], *verdicts(row)[0]) == (MASKED, "masked_duplicate", new)


def test_names_above_a_picture_hold_no_personal_data(tmp_path: Path) -> None:
    row = described([], title=MAIL, heading=MAIL, caption=MAIL, alt="A red tram", tmp_path=tmp_path)
    assert [row[name] for name in ("title", "heading", "caption")] == ["", "", ""]
    assert (row["caption_verdict"], row["alt_verdict"]) == ("pii", "")


def test_evaluation_captions_go_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "captions.txt"
    path.write_text(f"{KEPT}\n")
    config = Config.model_validate({"evaluation_captions": [path.as_uri()]}).pinned()
    row = described([KEPT], config=config, title=KEPT, caption=KEPT, tmp_path=tmp_path)
    assert (row["title"], row["caption"], row["context"][0]["text"]) == ("", "", "")
    assert row["caption_verdict"] == "evaluation_caption"


def test_sentences_and_captions_are_kept_from_the_same_sets(tmp_path: Path) -> None:
    crawl, path = tmp_path / "crawl", tmp_path / "captions.txt"
    path.write_text(f"{KEPT}\n")
    write_warc(crawl / "a.warc.gz", [Response(f"{HOST}/a.html", b"<p>A tram.</p>")])
    alone = {"filter_sentences": {"evaluation_captions": [path.as_uri()]}}
    with pytest.raises(ConfigError, match=r"give both \['file://.*captions.txt'\]"):
        open_extract(str(tmp_path / "root"), crawl.as_uri(), "a", Choices(stages=alone))


# --- through the real stages, with tiny models ---

ADDRESS = f"{HOST}/tram.html"
PAGES = {
    ADDRESS: f"<html lang=en><title>Trams</title><h1>{MAIL}</h1><p>{KEPT} {SHORT} {LINK} {MAIL}</p>"
    '<figure><img src="1.jpg" alt="IMG_0001.jpg"><figcaption>A red tram.</figcaption></figure>'
    "<footer><a href='https://creativecommons.org/licenses/by-nd/4.0/'>CC</a></footer>",
    f"{HOST}/ship.html": "<p>A white ship leaves the old harbour at dawn.</p><img src='2.jpg'>",
}


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("described")
    pages = [Response(url, page.encode()) for url, page in PAGES.items()]
    files = [Response(f"{HOST}/{n}.jpg", picture(n), "image/jpeg") for n in (1, 2)]
    write_warc(root / "crawls/trams/a.warc.gz", [*pages, *files])
    stages: dict[str, dict[str, Any]] = {
        "filter_sentences": {"min_complexity": 0, "min_information": 0.0, "drop_kinds": []},
        "filter_perplexity": {"min_perplexity": 0.0, "max_perplexity": 1e9},
        "link_neighbours": {"image_cosine": 0.9999, "sentence_cosine": 0.9999},
    }
    uri = (root / "crawls/trams").as_uri()
    run = open_extract(str(root), uri, "trams", Choices(stages=stages))
    run_group(run, "extract")
    gate(run, "extract").raise_if_failed()
    promote(run, "extract")
    return run


def corpus_images(run: Workspace) -> pa.Table:
    """The images that a build opened now would see."""
    known = generations(run.storage)
    reference = CorpusRef.of(known, pinned(run.storage, known)).pinned().reference
    corpus = PinnedCorpus(run.storage, reference)
    [shard] = corpus.commits()
    with opened(run.storage, shard.objects["images"].path) as source:
        table = pq.read_table(source)
    hidden = corpus.hidden_ids(0, "images")
    return table.filter(pa.array([i not in hidden for i in table["image_id"].to_pylist()]))


def test_the_corpus_has_it_all_and_no_personal_data(extracted: Workspace) -> None:
    rows = corpus_images(extracted).to_pylist()
    assert len(rows) == 2
    [tram] = [row for row in rows if row["document_url"] == ADDRESS]
    assert (tram["caption"], tram["caption_verdict"]) == ("A red tram.", "")
    assert (tram["alt"], tram["alt_verdict"]) == ("IMG_0001.jpg", "file_name")
    assert (tram["title"], tram["heading"], tram["licence"]) == ("Trams", "", "CC-BY-ND-4.0")
    assert tram["crawled"] == "2024-01-01T00:00:00Z"
    assert [part["verdict"] for part in tram["context"]] == ["", "url", "pii"]
    assert "jane" not in str(rows)


def test_what_stands_around_a_picture_does_not_outlive_its_page(extracted: Workspace) -> None:
    root = extracted.storage.uri.removeprefix("file://")
    take_down(root, Form(urls=ADDRESS), dry_run=False)
    [ship] = corpus_images(extracted).to_pylist()
    assert "tram" not in str(ship)
