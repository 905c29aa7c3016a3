"""The page of one item: its whole way from the crawl's record to the published row, or to its end.

Any name of it will do: a URL as it is typed, a digest, a sample's key, an id, a sentence.
"""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from realsyn_tasks.core.errors import DamagedObject
from realsyn_tasks.core.names import safe_name
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.corpus.crawl import crawl_of
from realsyn_tasks.corpus.entries import IMAGE as IMAGE_KIND
from realsyn_tasks.corpus.entries import Entry
from realsyn_tasks.datasets.publication import publications
from realsyn_tasks.kinds import BUILD
from realsyn_tasks.pictures.pixels import BROKEN, decode
from realsyn_tasks.report import inspection, item_pictures
from realsyn_tasks.report.item_fates import State
from realsyn_tasks.report.item_rows import Event
from realsyn_tasks.report.item_search import IMAGE, Search
from realsyn_tasks.report.item_steps import plain, steps_of
from realsyn_tasks.retrieve.group import GROUP as RETRIEVE
from realsyn_tasks.retrieve.runner_ups import runner_ups
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.synthesize.retold import retold
from realsyn_tasks.takedown import lookup
from realsyn_tasks.views.answer import Picture, Unknown

KEPT_SECONDS = 10  # that an opened search is used again
MOST_BUILDS = 12  # that are looked at unless one is named
SIZES = (320, 1024)  # px, of the long side
QUALITY = 82
MOST_USES = 20  # of a text by other pictures
PAGE = ("url", "document_url", "source", "source_offset", "position", "title", "heading", "crawled")
OWN_WORDS = ("caption", "caption_verdict", "alt", "alt_verdict", "context", "licence")
TEXTS = ("text1", "text2", "text3")
OF_PAIR = ("syn_text", "syn_score", "recaption", "cluster_id", "text_area", "key")


def item(root: str, *, key: str, build: str = "", version: str = "") -> dict[str, Any]:
    """Give what became of one thing, by any of its names, with its whole way.

    Of a build, or of the one that published a version; else of the root's builds.
    """
    search = _search(root, _builds(root, build, version))
    try:
        story = inspection.story_of(search, key)
    except DamagedObject as error:
        raise Unknown(
            f"its rows cannot be read: {error}. Repair that shard, then ask again"
        ) from None
    way = story.pop("way")
    chosen = _chosen(story, way)
    shown = [event for event in way if _is_of(event, chosen)]
    answer = {
        **story,
        "build": chosen,
        "builds": [fate["run"] for fate in story["fates"] if fate["run"].startswith("builds/")],
        "waiting": inspection.waiting(search) if story["state"] == State.NEVER_SEEN else [],
        "steps": steps_of({run.folder: run for run in search.runs}, shown),
    }
    if story["kind"] == IMAGE:
        answer |= _picture(search, story, shown, chosen)
    return dict(plain(_emptied(answer) if story["state"] == State.TAKEN_DOWN else answer))


def _emptied(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave of what was taken down where it was, and nothing of what it said or showed."""
    steps = [{**step, "values": {}, "says": []} for step in answer["steps"]]
    texts: dict[str, Any] = {"page": {}, "own_words": {}, "pair": {}, "synthetic": None}
    texts |= {"texts": [], "candidates": [], "same_text": []}
    return answer | {"steps": steps} | {n: value for n, value in texts.items() if n in answer}


def item_picture(root: str, *, image: str, size: int = SIZES[0]) -> Picture:
    """Give a picture that a crawl holds, encoded anew; also of one that went no further."""
    data = item_pictures.bytes_of(_search(root, ()), image)
    if data is None:
        raise Unknown(f"no crawl of this root holds the picture {image}, or it was taken down")
    return Picture(_small(data, SIZES[0] if size <= SIZES[0] else SIZES[1]), "image/webp")


def _small(data: bytes, side: int) -> bytes:
    try:
        image = decode(data, side)
    except BROKEN as error:
        raise Unknown(f"this picture cannot be shown: {error}") from None
    out = io.BytesIO()
    image.save(out, "WEBP", quality=QUALITY)
    return out.getvalue()


# -- which runs -----------------------------------------------------------------------------------


def _search(root: str, builds: Sequence[str]) -> Search:
    return _opened(root, tuple(builds), int(time.monotonic() / KEPT_SECONDS))


@lru_cache(maxsize=8)
def _opened(root: str, builds: tuple[str, ...], tick: int) -> Search:
    return Search(Runs(root), builds)


def _builds(root: str, build: str, version: str) -> list[str]:
    """Name the folders of the builds that are looked at: those that published come first."""
    if (build and f"{BUILD.folder}/" in build) or (build and "/" not in build):
        name = build.rstrip("/").rsplit("/", 1)[-1]
        return [f"{BUILD.folder}/{safe_name(name, 'build')}"]
    storage = Runs(root).storage
    notes = publications(storage)
    if version:
        mine = [folder for folder, note in notes.items() if note.path.endswith(version)]
        if not mine:
            raise Unknown(f"no build of this root published {version} last")
        return mine[:1]
    every = [run.folder for run in Runs(root).of_kind(BUILD)]
    return sorted(every, key=lambda folder: folder not in notes)[:MOST_BUILDS]


def _chosen(story: dict[str, Any], way: Sequence[Event]) -> str:
    """Choose the build of which the way is shown: that of the verdict, else the last."""
    of_builds = [fate for fate in story["fates"] if fate["run"].startswith(f"{BUILD.folder}/")]
    foremost = [fate for fate in of_builds if fate["verdict"] in story["verdict"]]
    return str((foremost or of_builds)[-1]["run"]) if of_builds else ""


def _is_of(event: Event, build: str) -> bool:
    folder = str(event.get("of", event["run"]))
    return folder == build or not folder.startswith(f"{BUILD.folder}/")


# -- a picture ------------------------------------------------------------------------------------


def _picture(
    search: Search, story: dict[str, Any], way: Sequence[Event], build: str
) -> dict[str, Any]:
    """Give what is known of a picture beside its way."""
    facts: dict[str, Any] = {}
    for event in way:
        if event["kind"] == IMAGE:
            facts |= {n: event["row"][n] for n in (*PAGE, *OWN_WORDS) if event["row"].get(n)}
    run = next((run for run in search.runs if run.folder == build), None)
    rows = _Rows(way, build)
    own = (facts.get("caption", ""), facts.get("alt", ""))
    published = rows.last(TEXTS[0])
    return {
        "page": {name: facts[name] for name in PAGE if name in facts},
        "crawl": _crawl(search, way),
        "own_words": {name: facts[name] for name in OWN_WORDS if name in facts},
        "texts": _texts(published),
        "synthetic": retold(run, rows) if run else None,
        "pair": {name: published.get(name) for name in OF_PAIR},
        "corpus_shard": rows.shard,
        "candidates": runner_ups(run, rows, own) if run else [],
        "published_in": _versions(search, story["id"]),
        "same_text": _same_text(search, run, published, story["id"]) if run else [],
    }


class _Rows:
    """The rows of one picture in one build, by stage and table."""

    def __init__(self, way: Sequence[Event], build: str) -> None:
        self._events = [event for event in way if event["run"] == build and event["kind"] == IMAGE]

    def __call__(self, stage: str, table: str) -> list[dict[str, Any]]:
        mine = (e for e in self._events if (e["stage"], e["table"]) == (stage, table))
        return [event["row"] for event in mine]

    @property
    def shard(self) -> int | None:
        """Number the shard of the build's corpus that has it."""
        return next((event["shard"] for event in self._events), None)

    def last(self, column: str) -> dict[str, Any]:
        """Give all that rows with a column say, the last one's word."""
        row: dict[str, Any] = {}
        for event in self._events:
            if column in event["row"]:
                row |= event["row"]
        return row


def _texts(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the realistic texts with what is said of each."""
    names = {
        "sentence_id": "sentence_ids",
        "document_url": "text_urls",
        "licence": "text_licences",
        "score": "realistic_scores",
        "relevance": "relevance",
    }
    return [
        {"name": name, "text": row[name], **{key: _at(row.get(c), n) for key, c in names.items()}}
        for n, name in enumerate(TEXTS)
        if row.get(name)
    ]


def _at(values: Sequence[Any] | None, number: int) -> Any:
    return values[number] if values and number < len(values) else None


def _crawl(search: Search, way: Sequence[Event]) -> dict[str, str]:
    """Name the crawl that it came by first."""
    runs = {run.folder: run for run in search.runs}
    for event in way:
        run: Workspace | None = runs.get(event["run"])
        if run and (crawl := crawl_of(run.config.sources)):
            return {"uri": crawl.uri, "format": crawl.format, "run": run.folder}
    return {}


def _versions(search: Search, image: str) -> list[dict[str, Any]]:
    """Name the published versions that have it, of whichever build."""
    datasets = lookup.in_datasets(search.storage, [Entry(IMAGE_KIND, image)], shown=1)
    rows = ((item["dataset"], row["key"]) for item in datasets for row in item["rows"])
    return [{"dataset": dataset, "key": key} for dataset, key in rows]


def _same_text(
    search: Search, run: Workspace, row: dict[str, Any], image: str
) -> list[dict[str, Any]]:
    """List other pictures that the first text serves, each once."""
    first = next(iter(row.get("sentence_ids") or ()), "")
    [matches] = RETRIEVE.hands_on
    uses: dict[str, int] = {}
    for each in search.rows(run, matches.stage, matches.table, "sentence_id", first):
        if each[IMAGE] != image:
            uses.setdefault(each[IMAGE], each["rank"])
    return [{"image": name, "rank": rank} for name, rank in list(uses.items())[:MOST_USES]]


VIEWS = (item, item_picture)
