"""Help pages and articles that came with their pictures: taken as they are, picture pages first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from realsyn_tasks.sample_crawl import plan
from realsyn_tasks.sample_crawl.packages import Unpacked
from realsyn_tasks.sample_crawl.site import Page, Picture
from realsyn_tasks.web import dom
from realsyn_tasks.web.addresses import join, path_inside
from realsyn_tasks.web.encoding import decode_page

GIMP, HUGIN, SKY = "https://gimp-help.example", "https://hugin.example", "https://skies.example"


def gimp_pages(package: Unpacked) -> list[Page]:
    """Pages of the GIMP's manual, those with the most photographs first."""
    manual = _html_pages(package, package.root.glob("usr/share/gimp/*/help/en"), GIMP)
    pages = [p for p in manual if 0 < p.words <= plan.GIMP_WORDS_PER_IMAGE * p.usable]
    return _until(plan.GIMP_IMAGES, sorted(pages, key=lambda p: (-p.photos, -p.usable, p.url)))


def hugin_pages(package: Unpacked) -> list[Page]:
    """Articles of Hugin's handbook that show something."""
    folders = package.root.glob("usr/share/hugin/xrc/data/help_en_EN")
    handbook = _html_pages(package, folders, HUGIN)
    pages = [p for p in handbook if 0 < p.words <= plan.HUGIN_WORDS_PER_IMAGE * p.usable]
    return _until(plan.HUGIN_IMAGES, sorted(pages, key=lambda p: (-p.usable, p.url)))


def sky_pages(package: Unpacked) -> list[Page]:
    """Descriptions of sky cultures with pictures, such as manuscript miniatures."""
    pages = []
    for file in sorted(package.root.glob("usr/share/stellarium/skycultures/*/description.en.utf8")):
        url = f"{SKY}/{quote(file.parent.name)}/"
        pages.append(_page(url, file, file.parent, url, package.package.name))
    pages = [p for p in pages if 0 < p.words <= plan.SKY_WORDS_PER_IMAGE * p.usable]
    return _until(plan.SKY_IMAGES, sorted(pages, key=lambda p: (-p.usable, p.url)))


def sky_licences(package: Unpacked, pages: Iterable[Page]) -> dict[str, str]:
    """The licence that each sky culture states for itself, by page address."""
    licences = {}
    for page in pages:
        name = unquote(urlsplit(page.url).path.strip("/"))
        info = package.root / "usr/share/stellarium/skycultures" / name / "info.ini"
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        stated = [line.partition("=")[2].strip() for line in lines if line.startswith("license")]
        licences[page.url] = (stated or ["not stated"])[0]
    return licences


def _html_pages(package: Unpacked, folders: Iterable[Path], site: str) -> Iterator[Page]:
    for folder in sorted(folders):
        for file in sorted(folder.glob("*.html")):
            url = f"{site}/{quote(file.name)}"
            yield _page(url, file, folder, f"{site}/", package.package.name)


def _page(url: str, file: Path, folder: Path, base: str, source: str) -> Page:
    """The page in `file`; pictures are looked for in `folder`, which stands for address `base`."""
    body = file.read_bytes()
    parsed = dom.read_page(decode_page(body).text, max_nodes=100_000, max_images=1_000)
    words = sum(len(node.split()) for node in parsed.nodes if isinstance(node, str))
    pictures: dict[str, Picture] = {}
    for node in parsed.nodes:
        if isinstance(node, dom.Picture):
            path = path_inside("", node.candidates[0])
            if path and (folder / path).is_file():
                address = join(url, node.candidates[0])
                pictures.setdefault(address, Picture(address, folder / path))
    return Page(url, body, tuple(pictures.values()), words, source)


def _until(images: int, pages: Iterable[Page]) -> list[Page]:
    """Pages in the given order until they show `images` different usable pictures."""
    seen: set[Path] = set()
    taken = []
    for page in pages:
        if len(seen) >= images:
            break
        taken.append(page)
        seen.update(picture.path for picture in page.pictures if picture.is_usable)
    return taken
