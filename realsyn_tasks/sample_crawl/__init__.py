"""The sample crawl: real pages and pictures out of Debian packages, written as WARC files.

Help pages and sky cultures are taken as they are. Pages with pictures of things, and apart from
these the dictionaries' articles on the things, are composed (see `topics` and `articles`). `build`
makes the crawl; `held_out` and `held_out_drawings` give the pictures that it leaves out, `facts`
pairs of these of which is known what is true.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from realsyn_tasks.core.include import cache_folder
from realsyn_tasks.sample_crawl import harder, known_facts, native, plan, topics, warc
from realsyn_tasks.sample_crawl.articles import Dictionaries, gcide_pages, wordnet_pages
from realsyn_tasks.sample_crawl.dictionaries import WordNet
from realsyn_tasks.sample_crawl.drawings import list_drawings, rendered
from realsyn_tasks.sample_crawl.harder import Variant
from realsyn_tasks.sample_crawl.packages import PACKAGES, MissingApt, Unpacked, fetch
from realsyn_tasks.sample_crawl.site import Page
from realsyn_tasks.sample_crawl.split import drawing_halves, halves, list_stamps
from realsyn_tasks.synthesize.facts import Facts

__all__ = [
    "MissingApt",
    "SourceSummary",
    "Summary",
    "Variant",
    "build",
    "facts",
    "held_out",
    "held_out_drawings",
    "list_held_out",
    "main",
    "package_cache",
    "write_facts",
]

MARKER = "_COMPLETE"
LICENCES = "LICENSES.md"
RENDERED = f"drawings-{plan.RECIPE}"  # in the package cache
_STAMPS, _DRAWINGS = "tuxpaint-stamps-default", "openclipart-svg"
_WORDNET, _GCIDE = "wordnet-base", "dict-gcide"
_OF_FACTS = (_STAMPS, _DRAWINGS, _WORDNET, _GCIDE)
FACTS = "facts.jsonl"
AS_IT_IS = Variant()


@dataclass(frozen=True)
class SourceSummary:
    """What one package contributed; `usable` are pictures large enough to be kept."""

    package: str
    version: str
    licence: str
    pages: int
    pictures: int
    usable: int
    words: int


@dataclass(frozen=True)
class Summary:
    """The finished crawl; `size` in bytes; `fresh` is False if it had been there before."""

    folder: Path
    files: int
    size: int
    sources: tuple[SourceSummary, ...]
    fresh: bool


def package_cache() -> Path:
    """The folder where packages are unpacked, unless a caller names another."""
    return cache_folder() / "debian"


def build(out: Path, cache: Path, variant: Variant = AS_IT_IS) -> Summary:
    """Make the sample crawl in `out`, unless a complete one of this recipe is there already.

    `cache` keeps unpacked packages. Raises MissingApt if they are neither there nor to be fetched.
    """
    done = _complete(out, variant)
    if done:
        return done
    packages = fetch(cache)
    pages = _pages(packages, cache, variant)
    out.mkdir(parents=True, exist_ok=True)
    for stale in [out / MARKER, *out.glob("sample-*.warc.gz")]:
        stale.unlink(missing_ok=True)
    for number, hand in enumerate(warc.deal(pages, plan.WARC_FILES)):
        warc.write(out / f"sample-{number:05d}.warc.gz", hand)
    sources = _sources(packages, pages)
    _write_licences(out, packages, pages, sources)
    return _finish(out, sources, variant)


def held_out(cache: Path) -> list[tuple[Path, str]]:
    """Stamps with their descriptions that are never in the crawl: the retrieval check's half."""
    packages = fetch(cache, [p for p in PACKAGES if p.name == _STAMPS])
    return [(stamp.path, stamp.text) for stamp in halves(list_stamps(packages[_STAMPS].root))[1]]


def held_out_drawings(cache: Path) -> list[tuple[Path, str]]:
    """Drawings with their titles that are never in the crawl, rendered."""
    packages = fetch(cache, [p for p in PACKAGES if p.name in (_DRAWINGS, _WORDNET)])
    wordnet = WordNet(packages[_WORDNET].root / "usr/share/wordnet")
    _, asked = drawing_halves(list_drawings(packages[_DRAWINGS].root, wordnet))
    return [(path, drawing.text) for drawing, path in rendered(asked, cache / RENDERED)]


def facts(cache: Path) -> list[Facts]:
    """Pairs with known facts: captions of what is held out, and what dictionaries say of it."""
    packages = fetch(cache, [p for p in PACKAGES if p.name in _OF_FACTS])
    words = Dictionaries.of(packages)
    stamps, asked_stamps = halves(list_stamps(packages[_STAMPS].root))
    drawings, asked_drawings = drawing_halves(
        list_drawings(packages[_DRAWINGS].root, words.wordnet)
    )
    nouns = [topics.stamp_noun(stamp, words.wordnet) for stamp in stamps]
    crawled = [noun.word for noun in nouns if noun] + [d.noun.word for d in drawings]
    named = [(s.text, topics.stamp_noun(s, words.wordnet), s.path) for s in asked_stamps]
    drawn = rendered(asked_drawings, cache / RENDERED)
    shown = [(text, noun, path) for text, noun, path in named if noun]
    shown += [(drawing.text, drawing.noun, path) for drawing, path in drawn]
    return known_facts.choose(shown, crawled, words)


def list_held_out(folder: Path, cache: Path) -> list[Path]:
    """Write what is held out as a JSON line a picture, of stamps and of drawings.

    Beside them, as `facts.jsonl`, the pairs with known facts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listings = []
    for name, listed in (("stamps", held_out), ("drawings", held_out_drawings)):
        rows = ({"image": str(path), "caption": text} for path, text in listed(cache))
        listings.append(folder / f"{name}.jsonl")
        listings[-1].write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return [*listings, write_facts(folder / FACTS, cache)]


def write_facts(path: Path, cache: Path) -> Path:
    """Write the pairs with known facts, one a line, whole or not at all."""
    temporary = path.with_name(f".{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"{pair.model_dump_json()}\n" for pair in facts(cache))
    temporary.write_text("".join(lines), encoding="utf-8")
    temporary.replace(path)
    return path


def main(out: Path, cache: Path | None = None, variant: Variant = AS_IT_IS) -> None:
    """Build the crawl and print what is in it."""
    from rich.console import Console
    from rich.table import Table

    summary = build(out, cache or package_cache(), variant)
    state = "built" if summary.fresh else "already complete"
    table = Table(title=f"Sample crawl, {state}: {summary.folder}")
    table.add_column("package", overflow="fold")
    table.add_column("licence", overflow="fold")
    for heading in ("pages", "pictures", "usable", "words"):
        table.add_column(heading, justify="right")
    for source in summary.sources:
        counts = (source.pages, source.pictures, source.usable, source.words)
        label = f"{source.package} {source.version}"
        table.add_row(label, source.licence, *(f"{count:,}" for count in counts))
    console = Console()
    console.print(table)
    console.print(f"{summary.files} WARC files, {summary.size / 1e6:.1f} MB; see {out / LICENCES}")


def _pages(packages: dict[str, Unpacked], cache: Path, variant: Variant) -> list[Page]:
    words = Dictionaries.of(packages)
    named = _pages_of_things(packages, words, cache, variant.hide_captions)
    nouns = [noun for _, noun in named if noun]
    given = [
        *native.gimp_pages(packages["gimp-help-en"]),
        *native.hugin_pages(packages["hugin-data"]),
        *native.sky_pages(packages["stellarium-data"]),
    ]
    told = [*((page, None) for page in given), *named]
    return [
        *harder.skewed([(page, topics.topic_of(page, noun)) for page, noun in told], variant.skew),
        *wordnet_pages(packages[_WORDNET].package, nouns, words),
        *gcide_pages(packages[_GCIDE].package, nouns, words),
    ]


def _pages_of_things(
    packages: dict[str, Unpacked], words: Dictionaries, cache: Path, hide_captions: float
) -> list[topics.Named]:
    stamps, _ = halves(list_stamps(packages[_STAMPS].root))
    drawings, _ = drawing_halves(list_drawings(packages[_DRAWINGS].root, words.wordnet))
    drawn = rendered(drawings, cache / RENDERED)

    def composed(hidden: Collection[str] = ()) -> list[topics.Named]:
        return [
            *topics.stamp_pages(packages[_STAMPS], stamps, words.wordnet, hidden),
            *topics.drawing_pages(packages[_DRAWINGS].package, drawn, hidden),
            *topics.laboratory_pages(packages["kalzium-data"], words.wordnet, hidden),
        ]

    named = composed()
    if not hide_captions:
        return named
    urls = {picture.url for page, _ in named for picture in page.pictures}
    return composed(harder.hidden_of(urls, hide_captions))


def _sources(packages: dict[str, Unpacked], pages: list[Page]) -> tuple[SourceSummary, ...]:
    summaries = []
    for name, unpacked in packages.items():
        mine = [page for page in pages if page.source == name]
        pictures = {picture.path: picture for page in mine for picture in page.pictures}
        summaries.append(
            SourceSummary(
                package=name,
                version=unpacked.version,
                licence=unpacked.package.licence,
                pages=len(mine),
                pictures=len(pictures),
                usable=sum(picture.is_usable for picture in pictures.values()),
                words=sum(page.words for page in mine),
            )
        )
    return tuple(summaries)


def _write_licences(
    out: Path, packages: dict[str, Unpacked], pages: list[Page], sources: Iterable[SourceSummary]
) -> None:
    skies = [page for page in pages if page.source == "stellarium-data"]
    lines = [
        "# Where this crawl comes from",
        "",
        "Made from Debian packages; nothing of it is meant to be passed on. The packages' full",
        "statements are in `licenses/`. Some sky cultures forbid to share changes or to sell.",
        "",
        "| package | version | licence | content |",
        "|---|---|---|---|",
    ]
    for source in sources:
        content = packages[source.package].package.content
        lines.append(f"| {source.package} | {source.version} | {source.licence} | {content} |")
    lines += ["", "| sky culture | licence |", "|---|---|"]
    stated = native.sky_licences(packages["stellarium-data"], skies)
    lines += [f"| {url} | {licence} |" for url, licence in sorted(stated.items())]
    (out / LICENCES).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (out / "licenses").mkdir(exist_ok=True)
    for name, unpacked in packages.items():
        for statement in unpacked.root.glob(f"usr/share/doc/{name}/copyright"):
            shutil.copyfile(statement, out / "licenses" / f"{name}.txt")


def _finish(out: Path, sources: tuple[SourceSummary, ...], variant: Variant) -> Summary:
    files = {path.name: _digest(path) for path in sorted(out.glob("sample-*.warc.gz"))}
    marker = {
        "recipe": plan.RECIPE,
        "files": files,
        "sources": [asdict(source) for source in sources],
        **_told(variant),
    }
    temporary = out / f".{MARKER}"
    temporary.write_text(json.dumps(marker, indent=1), encoding="utf-8")
    temporary.replace(out / MARKER)
    size = sum((out / name).stat().st_size for name in files)
    return Summary(out, len(files), size, sources, fresh=True)


def _told(variant: Variant) -> dict[str, dict[str, float]]:
    """What the marker says of a harder crawl; of the usual one nothing."""
    return {"variant": asdict(variant)} if variant != AS_IT_IS else {}


def _complete(out: Path, variant: Variant) -> Summary | None:
    """The crawl in `out` if its marker is of this recipe and every file is as the marker says."""
    try:
        marker = json.loads((out / MARKER).read_text(encoding="utf-8"))
        files = {name: _digest(out / name) for name in marker["files"]}
        sources = tuple(SourceSummary(**source) for source in marker["sources"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_asked = marker.get("recipe") == plan.RECIPE and marker.get("variant", {}) == _told(
        variant
    ).get("variant", {})
    if not is_asked or files != marker["files"]:
        return None
    size = sum((out / name).stat().st_size for name in files)
    return Summary(out, len(files), size, sources, fresh=False)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
