"""What was found where: in the corpus, by builds, in published datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from realsyn_tasks.core import tables
from realsyn_tasks.core.config import CONFIG_NAME, RunConfig
from realsyn_tasks.core.ids import ID_LENGTH
from realsyn_tasks.core.records import read_record
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.entries import IMAGE, MD5, SHA256, Entry
from realsyn_tasks.corpus.generations import Generation
from realsyn_tasks.corpus.pinned import corpus_of
from realsyn_tasks.corpus.removals import count
from realsyn_tasks.datasets import index
from realsyn_tasks.datasets.index import OF_KIND, Index, Rows, What
from realsyn_tasks.datasets.shards import read_table
from realsyn_tasks.datasets.versions import Version, versions
from realsyn_tasks.kinds import BUILD
from realsyn_tasks.takedown import preview

SHOWN = 50  # of each dataset
OF_TEXTS = (What.TEXT_URL, What.TEXT_DOMAIN)
Found = dict[str, Any]


def in_datasets(storage: Storage, entries: Iterable[Entry], shown: int = SHOWN) -> list[Found]:
    """Look entries up in every version of every published dataset.

    `pairs` are those whose image or its document is meant; `texts` are other pairs, of which a text
    is. `by_entry` counts the pairs of either sort.
    """
    wanted = sorted(set(entries))
    return [_in_version(version, wanted, shown) for version in versions(storage)]


def originals(storage: Storage, entries: Iterable[Entry]) -> list[Entry]:
    """Name the images that are asked for only by the hash of what was published in their place.

    The corpus has the bytes of the crawl and knows nothing of those that an image was converted to.
    """
    hashes = sorted({entry for entry in entries if entry.kind in (SHA256, MD5)})
    every = versions(storage) if hashes else []
    return sorted({Entry(IMAGE, i) for version in every for i in _converted(version, hashes)})


def _converted(version: Version, hashes: list[Entry]) -> set[str]:
    """Give the ids of a version's images of whose originals none of the hashes is."""
    known, by_key = index.of_version(version), _by_key(hashes)
    values = {entry.value for entry in hashes}
    named = values | {entry.value[:ID_LENGTH] for entry in hashes if entry.kind == SHA256}
    rows = _meant(index.look_up(version.storage, known, by_key), by_key)
    image_ids: set[str] = set()
    for shard in np.unique(rows["shard"]).tolist():
        numbers = np.unique(rows["row"][rows["shard"] == shard]).tolist()
        for row in _rows(version, known, shard, numbers):
            original = {row["image_id"], row.get(index.ORIGINAL)}
            if not row["sha256"].startswith(row["image_id"]) and not original & named:
                image_ids.add(row["image_id"])
    return image_ids


def _by_key(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    by_key: dict[int, list[Entry]] = {}
    for entry in entries:
        by_key.setdefault(index.key_of(entry), []).append(entry)
    return by_key


def _in_version(version: Version, entries: list[Entry], shown: int) -> Found:
    known = index.of_version(version)
    by_key = _by_key(entries)
    rows = _meant(index.look_up(version.storage, known, by_key), by_key)
    of_text = np.isin(rows["what"], [int(what) for what in OF_TEXTS])
    pairs = np.unique(index.places_of(rows[~of_text]))
    texts = np.setdiff1d(index.places_of(rows[of_text]), pairs)
    return {
        "dataset": version.path,
        "size": known.pairs,
        "pairs": len(pairs),
        "texts": len(texts),
        "by_entry": _by_entry(rows, by_key),
        "rows": _shown(version, known, rows, by_key, shown),
    }


def _meant(rows: Rows, by_key: Mapping[int, list[Entry]]) -> Rows:
    """Leave out keys that are alike by chance: a domain's in a row about hashes."""
    keys = np.array(sorted(by_key), dtype=np.uint64)
    whats = ({w for entry in by_key[key] for w in OF_KIND[entry.kind]} for key in sorted(by_key))
    masks = [sum(1 << what for what in entry_whats) for entry_whats in whats]
    places = np.searchsorted(keys, rows["key"])
    meant = np.array(masks, dtype=np.uint64)[places] >> rows["what"].astype(np.uint64)
    return index.in_order(rows[(meant & np.uint64(1)).astype(bool)])


def _by_entry(rows: Rows, by_key: Mapping[int, list[Entry]]) -> list[Found]:
    """Count the pairs of each entry; rows are in the order of keys and places."""
    places = index.places_of(rows)
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows["key"][1:] != rows["key"][:-1]) | (places[1:] != places[:-1])
    keys, counts = np.unique(rows["key"][new], return_counts=True)
    count_by_key = dict(zip(keys.tolist(), counts.tolist(), strict=True))
    return [
        {"kind": entry.kind, "value": entry.value, "pairs": number}
        for entry, number in sorted(
            (e, count_by_key.get(k, 0)) for k, es in by_key.items() for e in es
        )
        if number
    ]


def _shown(
    version: Version, known: Index, rows: Rows, by_key: Mapping[int, list[Entry]], most: int
) -> list[Found]:
    """Read the first rows that were found."""
    places = index.places_of(rows)
    first = np.unique(places)[:most]
    entries: dict[tuple[int, int], set[str]] = {}
    for row in rows[np.isin(places, first)]:
        what = What(row["what"]).name.lower()
        meant = by_key[int(row["key"])]
        about = {f"{IMAGE if e.kind == IMAGE else what} {e.value}" for e in meant}
        entries.setdefault((int(row["shard"]), int(row["row"])), set()).update(about)
    shown = []
    for shard in sorted({shard for shard, _ in entries}):
        numbers = sorted(number for at, number in entries if at == shard)
        for number, row in zip(numbers, _rows(version, known, shard, numbers), strict=True):
            where = {"table": known.tables[shard], "row": number}
            shown.append({**where, **row, "as": sorted(entries[shard, number])})
    return shown


def _rows(version: Version, known: Index, shard: int, numbers: list[int]) -> list[Found]:
    columns = ["key", "image_id", "sha256", index.ORIGINAL, "raw_image_url", "document_url"]
    table = read_table(version, known.tables[shard], columns)
    rows: list[Found] = tables.taken(table, np.array(numbers, dtype=np.int64)).to_pylist()
    return rows


def in_generation(
    generation: Generation, hits: pa.Table, rows: list[Found], pages: preview.Pages, most: int
) -> Found:
    """Tell what a scan found in a generation: counts of all, these items, and so many pages."""
    return {
        "generation": generation.generation,
        "crawl": generation.crawl,
        "images": count(hits, "image"),
        "sentences": count(hits, "sentence"),
        "rows": rows,
        "pages": pages.listed(most),
        "page_count": len(pages.names()),
    }


def in_builds(storage: Storage, generation_hits: list[Found], number: int) -> list[Found]:
    """Name the builds over generations in which something was found.

    `current` says that the build sees nothing of it any more; the others have to be opened again.
    """
    concerned = {
        item["generation"]: item for item in generation_hits if item["images"] or item["sentences"]
    }
    builds = []
    for folder in storage.folders(BUILD.folder):
        path = f"{folder}/{CONFIG_NAME}"
        if not storage.exists(path):
            continue
        advice = "open the build again under the same name, or remove its folder"
        config = read_record(storage, path, RunConfig, advice)
        corpus = corpus_of(config.sources)
        mine = [ref.generation for ref in corpus.generations if ref.generation in concerned]
        if mine:
            pinned = corpus.takedown.number if corpus.takedown else 0
            totals = {k: sum(concerned[g][k] for g in mine) for k in ("images", "sentences")}
            current = bool(number) and pinned >= number
            builds.append({"build": folder, "generations": mine, **totals, "current": current})
    return builds
