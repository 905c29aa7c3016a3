"""Judge what each picture's document says of it: caption, alternative text, nearest sentences.

Nothing of it is lost but what must not be passed on: each text keeps the verdict of its kind's
filters, and whoever reads the corpus chooses. The nearest sentences have the verdicts that the
filters of sentences gave, and the ids under which the corpus holds them.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from realsyn_tasks.core import ids, tables
from realsyn_tasks.core.stage import Context, Inputs, Output
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.captions import Caption, CaptionConfig, CaptionRules
from realsyn_tasks.extract.evaluation import caption_keys
from realsyn_tasks.extract.fates import Fates

Row = dict[str, Any]
COLUMNS = ("image_id", "document_id", "caption", "alt", "title", "heading", "context")


class Config(CaptionConfig):
    """As captions are judged."""


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give a row for each image that is left, in the order of the images table."""
    images = inputs.table("embed_images", "images", list(COLUMNS)).to_pylist()
    documents = inputs.table("parse", "documents", ["document_id", "language"])
    languages = dict(zip(*(documents[n].to_pylist() for n in documents.column_names), strict=True))
    rules = CaptionRules(config, caption_keys(config.evaluation_captions))
    fates = Fates.of(inputs)
    rows = []
    for number, image in enumerate(images, start=1):
        language = languages.get(image["document_id"]) or ""
        rows.append(_described(image, language, rules, fates))
        context.progress(number, len(images))
    table = tables.from_rows(schemas.IMAGE_DESCRIPTIONS, rows)
    return Output(tables={"descriptions": table}, counts=_counts(rows))


def _described(image: Row, language: str, rules: CaptionRules, fates: Fates) -> Row:
    sentences = [part["text"] for part in image["context"]]
    around = " ".join([image["title"], image["heading"], *sentences])
    row: Row = {"image_id": image["image_id"]}
    for name in ("caption", "alt"):
        text, verdict = rules.judged(Caption(image[name], language, around))
        row[name], row[f"{name}_verdict"] = text, verdict.reason.code if verdict else ""
    for name in ("title", "heading"):
        row[name] = rules.cleaned(image[name])
    row["context"] = [_sentence(part, rules, fates) for part in image["context"]]
    return row


def _sentence(part: Row, rules: CaptionRules, fates: Fates) -> Row:
    """Give a sentence with its verdict; its text only as far as any text may be passed on."""
    fate = fates.of_sentence(ids.sentence_id(part["text"]))
    return {"text": rules.cleaned(part["text"]), "offset": part["offset"], **vars(fate)}


def _counts(rows: list[Row]) -> dict[str, int]:
    """Count the images with each kind of text, and those with one that was kept."""
    counts: Counter[str] = Counter()
    for row in rows:
        for name in ("caption", "alt"):
            counts[f"{name}s_kept"] += not row[f"{name}_verdict"]
        counts["context_kept"] += any(not part["verdict"] for part in row["context"])
    return dict(counts)
