"""The page of pairs: those of a published version, or all pictures of a build on their way.

A version is looked at by its index (datasets.gallery_index), so that filters, order and search take
as long for a million pairs as for a thousand; a build by windows of some thousand pictures
(report.pair_steps), with what was dropped and why. What has to be made or loaded first is made in
the background: then the answer's `state` says so, and the page asks again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.recent import Recent
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.datasets.gallery_columns import Values
from realsyn_tasks.datasets.gallery_index import Gallery
from realsyn_tasks.datasets.gallery_selection import (
    Filters,
    band,
    facets,
    first_of,
    mask_of,
)
from realsyn_tasks.datasets.manifest import DamagedDataset
from realsyn_tasks.datasets.publication import publications
from realsyn_tasks.datasets.versions import Version, datasets, latest, versions
from realsyn_tasks.kinds import BUILD
from realsyn_tasks.views import pair_lookup, pair_marks, withheld
from realsyn_tasks.views.answer import Picture, Unknown
from realsyn_tasks.views.galleries import (
    gallery_of,
    picture_vector,
    searcher_of,
    text_vector,
    version_of,
)
from realsyn_tasks.views.pair_analysis import NOTHING, Analysed, analysed, within
from realsyn_tasks.views.pair_cards import Part, card_of
from realsyn_tasks.views.pair_lookup import TEXT, meaning_of
from realsyn_tasks.views.pair_pictures import of_corpus, sent, thumbnail
from realsyn_tasks.views.pairs_of_build import Way, of_build, picture_of, require_shown, run_of

NEAREST = 1000  # pairs of a search
MOST_ROWS = 200  # of one answer
MOST_CHOSEN = 10_000  # rows of `sel`
_SEEN: Recent[Any] = Recent(200)  # vectors of pictures that were searched by


@dataclass(frozen=True)
class _Search:
    """What to look for: words, a pair's row, or a picture that was sent."""

    words: str = ""
    like: str = ""
    seen: str = ""
    among: str = "image"
    chosen: str = ""  # rows
    lasso: str = ""  # a polygon of the map


@dataclass(frozen=True)
class _Chosen:
    """The rows of one answer in the order in which they are shown, with cosines after a search."""

    rows: Values
    matching: int  # of them and all others that are as asked
    mask: Values  # which those are
    known: Analysed
    scores: Values | None = None
    meant: str = ""


class _Waits(Exception):
    """Something is still being made; says what."""


def pairs(
    root: str,
    *,
    version: str = "",
    build: str = "",
    score: str = "",
    relevance: str = "",
    syn_score: str = "",
    cluster: list[str] = [],  # noqa: B006
    topic: list[str] = [],  # noqa: B006
    domain: list[str] = [],  # noqa: B006
    licence: list[str] = [],  # noqa: B006
    has: list[str] = [],  # noqa: B006
    step: str = "",
    reason: str = "",
    q: str = "",
    like: str = "",
    seen: str = "",
    among: str = "image",
    sel: str = "",
    lasso: str = "",
    sort: str = "",
    offset: int = 0,
    limit: int = 60,
    first: int = 0,
) -> dict[str, Any]:
    """Give pairs with all their texts, how many are as asked, and what there is among those.

    Of a version, or of a build from the shard `first` on. Bands are LOW..HIGH. `q` is a URL, a
    domain, an id, a key or a text; `like` is a row, `seen` what `look_for_picture` gave.
    """
    bands = {"score": score, "relevance": relevance, "syn_score": syn_score}
    asked = Filters(
        bands={name: band(text, name) for name, text in bands.items() if text},
        cluster=tuple(_number(each, "cluster") for each in cluster),
        topic=tuple(_number(each, "topic") for each in topic),
        domain=_named(domain),
        licence=_named(licence),
        has=tuple(has),
    )
    part = Part(sort, max(0, offset), max(1, min(limit, MOST_ROWS)))
    if version:
        search = _Search(q, like, seen, among, sel, lasso)
        return _of_version(root, version, asked, search, part)
    return of_build(root, build, asked, Way(q, step, reason, first), part)


def pair_sources(root: str) -> dict[str, Any]:
    """Give what pairs may be looked at: published versions, the latest first, and builds."""
    storage = Storage.at(root)
    newest = {version.path for version in _latest(storage)}
    known = [
        {"version": each.path.split("/", 1)[1], "latest": each.path in newest}
        for each in versions(storage)
    ]
    folders = storage.folders(BUILD.folder)
    return {
        "versions": sorted(known, key=lambda each: not each["latest"]),
        "builds": [folder.rsplit("/", 1)[-1] for folder in folders],
    }


def _latest(storage: Storage) -> Iterator[Version]:
    for dataset in datasets(storage):
        with suppress(DamagedDataset):
            yield latest(storage, dataset)


def _named(values: list[str]) -> tuple[str, ...]:
    """Take `-` for what has no name."""
    return tuple("" if value == "-" else value for value in values)


def _number(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ConfigError(f"{name}={text!r} is no number") from None


def _of_version(
    root: str, name: str, asked: Filters, search: _Search, part: Part
) -> dict[str, Any]:
    version = version_of(root, name)
    about = {"version": version.path.split("/", 1)[1], "build": _build_of(version.storage, version)}
    gallery = gallery_of(version)
    if gallery is None:
        return {**about, "state": "making", "waits_for": "the index of this version"}
    try:
        chosen = _chosen(gallery, asked, search, part)
    except _Waits as waits:
        return {**about, "state": "loading", "waits_for": str(waits)}
    return {
        **about,
        "state": "ready",
        "pairs": gallery.known.pairs,
        "matching": chosen.matching,
        "offset": part.offset,
        "meant": chosen.meant,
        "searched_by": sorted(gallery.stored.vectors),
        "rows": _cards(gallery, chosen),
        "facets": _facets(gallery, chosen) if part.offset == 0 else None,
    }


def _facets(gallery: Gallery, chosen: _Chosen) -> dict[str, Any]:
    known = facets(gallery.known, chosen.mask, chosen.known.topics)
    words = chosen.known.words
    topics = [row | {"words": words.get(row["value"], "")} for row in known.pop("topic", [])]
    return {**known, "topic": topics}


def _build_of(storage: Storage, version: Version) -> str:
    """Name the build that published a version last; "" where that is gone."""
    notes = publications(storage).items()
    return next((build.split("/")[-1] for build, note in notes if note.path == version.path), "")


def _chosen(gallery: Gallery, asked: Filters, search: _Search, part: Part) -> _Chosen:
    known = _analysed(gallery, asked, search)
    mask = mask_of(gallery.known, asked, known.topics)
    mask[withheld.rows_of(gallery)] = False
    if search.lasso:
        mask &= _in_rows(within(known, search.lasso), len(mask))
    if search.chosen:
        mask &= _in_rows(_unpacked(search.chosen), len(mask))
    end = part.offset + part.limit
    vector, meant = _vector(gallery, search)
    if vector is not None:
        near = _got(searcher_of(gallery, search.among), "the vectors of this version").near(
            vector, None if mask.all() else mask, NEAREST
        )
        rows, scores = near.rows[part.offset : end], near.scores[part.offset : end]
        mask = _in_rows(near.rows, len(mask))
        return _Chosen(rows, len(near.rows), mask, known, scores, meant)
    if search.words:
        meaning = meaning_of(search.words)
        rows = _got(pair_lookup.rows_of(gallery, meaning), "the index of addresses")
        mask &= _in_rows(rows, len(mask))
        meant = meaning.kind
    rows = first_of(gallery.known, mask, part.sort, end)[part.offset :]
    return _Chosen(rows, int(np.count_nonzero(mask)), mask, known, None, meant)


def _analysed(gallery: Gallery, asked: Filters, search: _Search) -> Analysed:
    """Give what the analysis knows; where nothing of that is asked for, nobody waits for it."""
    known = analysed(gallery)
    if asked.topic or search.lasso:
        known = _got(known, "the analysis of this version")
        if known.topics is None and asked.topic:
            raise ConfigError("this version has no topics: start realsyn_analyze for it")
    return known or NOTHING


def _in_rows(rows: Values, count: int) -> Values:
    mask = np.zeros(count, dtype=bool)
    mask[rows[(rows >= 0) & (rows < count)]] = True
    return mask


def _got(thing: Any, what: str) -> Any:
    if thing is None:
        raise _Waits(what)
    return thing


def _vector(gallery: Gallery, search: _Search) -> tuple[Values | None, str]:
    """Give what is searched by, and what that is; None where no vector is."""
    if search.seen:
        vector = _SEEN.get((gallery.version.storage.uri, search.seen))
        if vector is None:
            raise Unknown("that picture is not kept any more: choose it again")
        return vector, "picture"
    if search.like:
        row = _row(gallery, search.like)
        vectors = _got(searcher_of(gallery, search.among), "the vectors of this version")
        return vectors.vector(row), "like"
    if search.words and meaning_of(search.words).kind == TEXT:
        vector = text_vector(gallery.version, search.words.strip())
        return _got(vector, "the encoder"), TEXT
    return None, ""


def _row(gallery: Gallery, text: str) -> int:
    row = _number(text, "row")
    if not 0 <= row < gallery.known.pairs:
        raise Unknown(f"{gallery.version.path} has no row {row}; it has {gallery.known.pairs}")
    return withheld.require_shown(gallery, row)


def _unpacked(text: str) -> Values:
    """Read row numbers: base64url of 32-bit numbers, the lowest byte first."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        rows = np.frombuffer(data, dtype="<u4").astype(np.int64)
    except (binascii.Error, ValueError):
        raise ConfigError("sel is no list of rows: base64url of 32-bit numbers") from None
    if len(rows) > MOST_CHOSEN:
        raise ConfigError(f"sel names {len(rows)} rows; {MOST_CHOSEN} at most")
    return rows


def _cards(gallery: Gallery, chosen: _Chosen) -> list[dict[str, Any]]:
    storage = gallery.version.storage
    numbers = [int(row) for row in chosen.rows]
    topics, marks = chosen.known.topics, pair_marks.known_in(storage)

    def card(row: int) -> dict[str, Any]:
        topic = None if topics is None or topics[row] < 0 else int(topics[row])
        return card_of(marks, gallery.about(row), {"row": row, "topic": topic})

    cards = storage.each(card, numbers)
    if chosen.scores is not None:
        nearby = chosen.scores.tolist()
        cards = [card | {"similarity": score} for card, score in zip(cards, nearby, strict=True)]
    return cards


def pairs_picture(
    root: str,
    *,
    version: str = "",
    build: str = "",
    row: int = -1,
    shard: int = 0,
    image: str = "",
    size: int = 320,
) -> Picture:
    """Give the picture of a pair by its row in a version, or by shard and id in a build."""
    if version:
        gallery = gallery_of(version_of(root, version))
        if gallery is None:
            raise Unknown("the index of this version is being read: ask again")
        number = _row(gallery, str(row))
        return thumbnail((gallery.version.uri, number), size, lambda: gallery.picture(number))
    run = run_of(root, build)
    require_shown(run, image)
    key = (run.uri, run.config.digest(), shard, image)
    return thumbnail(key, size, lambda: of_corpus(run, shard, image))


def mark_text(
    root: str,
    *,
    column: str,
    judgement: str,
    version: str = "",
    build: str = "",
    row: int = -1,
    shard: int = 0,
    image: str = "",
    by: str = "",
) -> dict[str, Any]:
    """Keep whether a text of a pair is right, partly right or wrong; "" takes it back."""
    if version:
        gallery = gallery_of(version_of(root, version))
        if gallery is None:
            raise ConfigError("the index of this version is being read: mark it again in a moment")
        about = gallery.about(_row(gallery, str(row)))
        if about.get("image_id") != image:
            raise ConfigError("that row is another pair's: load the page again")
        storage = gallery.version.storage
        name = _build_of(storage, gallery.version)
    else:
        run = run_of(root, build)
        about, storage, name = picture_of(run, shard, image), run.storage, run.config.name
    return pair_marks.mark(storage, name, about, column, judgement, by)


def look_for_picture(root: str, *, version: str, picture: str, by: str = "") -> dict[str, Any]:
    """Take a picture (base64) to search by; gives the name that `pairs` knows it by as `seen`."""
    known = version_of(root, version)
    vector = picture_vector(known, sent(picture))
    if vector is None:
        return {"state": "loading", "waits_for": "the encoder"}
    seen = hashlib.sha256(picture.encode()).hexdigest()[:16]
    _SEEN.put((known.storage.uri, seen), vector)
    return {"state": "ready", "seen": seen}


VIEWS = (pairs, pair_sources, pairs_picture)
ACTIONS = (mark_text, look_for_picture)
