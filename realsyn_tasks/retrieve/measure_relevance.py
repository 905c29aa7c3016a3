"""Measure whether the texts fit the images, without labels: what a build is judged by.

Each figure is of a sample of images, and told beside what chance, or the best there is, would give.
Agreement with the own document is measured for the query that was used, and always for the image
alone: as soon as a query holds the document's words, it finds the document without looking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.stage import Context, Inputs, Output, StageConfig
from realsyn_tasks.retrieve import schemas
from realsyn_tasks.retrieve.agreement import ALL, Agreement, Agreements, Answers, Share, largest
from realsyn_tasks.retrieve.known_items import KnownItems, captions_of, known_items
from realsyn_tasks.retrieve.own_texts import TEXT_COLUMNS, Images, Text, strings
from realsyn_tasks.retrieve.survey import Survey, text_similarities
from realsyn_tasks.vectors.audit import confidence_over

DIGITS = 6
Row = dict[str, Any]


class Config(StageConfig):
    """How many sites are told apart; pool_samples says how many images are looked at."""

    sites: int = Field(default=20, ge=0)  # the largest; the others are one


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give agreement, known items, baselines and provenance of text1, each a small table.

    Memory: the sample, with a few texts an image.
    """
    images = Images.surveyed(inputs)
    sites = largest(images.sites, config.sites)
    matches = _matches(inputs, images)
    captions = captions_of(inputs, images)
    survey = Survey.read(inputs, images, captions)
    firsts = {row: some[0] for row, some in matches.items()}
    similarities = text_similarities(inputs, images, firsts, context)
    found = {
        "image": survey.by_image,
        "used": _without_captions(images, matches),
        "caption": survey.by_caption,
    }
    known = known_items(images, captions, survey.nearer, survey.sentences, survey.copies)
    rows = {
        "agreement": _agreement_rows(images, found, sites),
        "known_items": list(_known_rows(images, captions.rows, known, sites)),
        "baselines": list(_baseline_rows(survey, similarities)),
        "provenance": list(_provenance_rows(images, matches)),
    }
    schema = {
        "agreement": schemas.AGREEMENT,
        "known_items": schemas.KNOWN_ITEMS,
        "baselines": schemas.BASELINES,
        "provenance": schemas.PROVENANCE,
    }
    made = {name: tables.from_rows(schema[name], some) for name, some in rows.items()}
    return Output(tables=made, measures=_measures(rows, images, survey, matches))


def _matches(inputs: Inputs, images: Images) -> dict[int, list[Text]]:
    """Give the texts that the images of the sample got, best first, by row."""
    wanted, columns = strings(images.ids), ["image_id", "rank", *TEXT_COLUMNS]
    pieces = [
        table.filter(pc.is_in(table["image_id"], value_set=wanted))
        for _, table in inputs.stream("merge_matches", "sampled", columns)
    ]
    texts: dict[int, list[Text]] = {}
    for row in tables.ordered(pa.concat_tables(pieces), ["image_id", "rank"]).to_pylist():
        text = Text(row["sentence_id"], row["document_id"] or "", row["text"])
        texts.setdefault(images.row_of[row["image_id"]], []).append(text)
    return texts


def _without_captions(images: Images, matches: Answers) -> dict[int, list[Text]]:
    return {
        row: [text for text in texts if not images.is_caption(row, text)]
        for row, texts in matches.items()
    }


def _agreement_rows(images: Images, found: Mapping[str, Answers], sites: list[str]) -> list[Row]:
    agreements = Agreements(images)
    return [
        {"query": query, "site": site, **_of_agreement(agreement)}
        for query, some in found.items()
        for site, agreement in agreements.of(some, sites)
    ]


def _of_agreement(agreement: Agreement) -> Row:
    counts = {"images": agreement.images, "documents": agreement.documents}
    return counts | _of_share("text1", agreement.first) | _of_share("any", agreement.any)


def _of_share(name: str, share: Share) -> Row:
    values = {
        name: share.seen.mean,
        f"{name}_low": share.seen.low,
        f"{name}_high": share.seen.high,
        f"{name}_chance": share.chance,
    }
    return {
        name: value if value is None else round(value, DIGITS) for name, value in values.items()
    }


def _known_rows(
    images: Images, rows: np.ndarray, known: KnownItems, sites: list[str]
) -> Iterator[Row]:
    """Tell of all questions, then of those of each of the named sites that has any."""
    for site in (ALL, *sites):
        mine = np.array([site in (ALL, images.sites[row]) for row in rows], dtype=bool)
        if mine.any() or site == ALL:
            documents = [images.documents[row] for row in rows[mine]]
            r10 = confidence_over(known.hits(10)[mine], documents)
            yield {
                "site": site,
                "questions": int(mine.sum()),
                "texts": known.texts,
                "r1": _mean(known.hits(1)[mine]),
                "r5": _mean(known.hits(5)[mine]),
                "r10": round(r10.mean, DIGITS),
                "r10_low": round(r10.low, DIGITS),
                "r10_high": round(r10.high, DIGITS),
                "mrr": _mean(known.reciprocal[mine]),
            }


def _baseline_rows(survey: Survey, firsts: Mapping[int, float]) -> Iterator[Row]:
    """Tell how similar texts are to the images: those that are surely right, ours, and any."""
    similarities = {
        "own_caption": survey.caption_similarities(),
        "own_document": np.array(list(survey.own.values())),
        "text1": np.array(list(firsts.values())),
        "random": survey.random,
    }
    for name, values in similarities.items():
        yield {"text": name, "images": len(values), "similarity": _mean(values)}


def _mean(values: np.ndarray) -> float | None:
    return round(float(values.mean()), DIGITS) if len(values) else None


def _provenance_rows(images: Images, matches: Answers) -> Iterator[Row]:
    counts = Counter(_provenance(images, row, texts[0]) for row, texts in matches.items())
    for name in ("own_caption", "own_document", "elsewhere"):
        share = round(counts[name] / max(1, len(matches)), DIGITS)
        yield {"text1": name, "images": counts[name], "share": share}


def _provenance(images: Images, row: int, text: Text) -> str:
    if images.is_caption(row, text):
        return "own_caption"
    return "own_document" if row in images.owners(text) else "elsewhere"


def _measures(
    rows: Mapping[str, list[Row]], images: Images, survey: Survey, matches: Answers
) -> dict[str, float]:
    """Give the headline: what holds of all images, without what cannot be known."""
    used = Counter(texts[0].sentence_id for texts in matches.values())
    values: Row = {
        "sampled": len(images.ids),
        "documents": len(set(images.documents)),
        "with_own_text": len(survey.own),  # images whose document has a text to be found
        "documents_with_own_text": len({images.documents[row] for row in survey.own}),
        "distinct_text1": len(used),
        "most_used_text1": max(used.values(), default=0),
    }
    for row in rows["agreement"]:
        if row["site"] == ALL:
            names = schemas.AGREEMENT.names[2:]
            values |= {f"{row['query']}_{name}": row[name] for name in names}
    known = rows["known_items"][0]
    values |= {f"known_{name}": known[name] for name in schemas.KNOWN_ITEMS.names[1:]}
    values |= {f"similarity_{row['text']}": row["similarity"] for row in rows["baselines"]}
    values |= {f"text1_{row['text1']}": row["share"] for row in rows["provenance"]}
    return {name: float(value) for name, value in values.items() if value is not None}
