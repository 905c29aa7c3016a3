"""Help pages and articles that came with their pictures: chosen by page, taken as they are."""

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
    """Pages of the GIMP's manual: of each section those with the most photographs, to a limit."""
    manual = _html_pages(package, package.root.glob("usr/share/gimp/*/help/en"), GIMP)
    sections: dict[tuple[str, ...], list[Page]] = {}
    for page in _shown(manual, plan.GIMP_WORDS_PER_IMAGE):
        sections.setdefault(_section(page), []).append(page)
    limits = plan.GIMP_SECTIONS.items()
    return [page for name, images in limits for page in _until(images, sections.get(name, []))]


def hugin_pages(package: Unpacked) -> list[Page]:
    """Articles of Hugin's handbook that show something, those with the most photographs first."""
    folders = package.root.glob("usr/share/hugin/xrc/data/help_en_EN")
    handbook = _html_pages(package, folders, HUGIN)
    return _until(plan.HUGIN_IMAGES, _shown(handbook, plan.HUGIN_WORDS_PER_IMAGE))


def sky_pages(package: Unpacked) -> list[Page]:
    """Descriptions of sky cultures with pictures, those first that may be changed and sold."""
    pages = []
    for file in sorted(package.root.glob("usr/share/stellarium/skycultures/*/description.en.utf8")):
        url = f"{SKY}/{quote(file.parent.name)}/"
        pages.append(_page(url, file, file.parent, url, package.package.name))
    shown = _shown(pages, plan.SKY_WORDS_PER_IMAGE)
    licences = sky_licences(package, shown)
    return _until(plan.SKY_IMAGES, sorted(shown, key=lambda page: _strictness(licences[page.url])))


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


def _shown(pages: Iterable[Page], words_per_image: int) -> list[Page]:
    """Pages that are not too long for what they show, those with the most photographs first."""
    shown = [page for page in pages if 0 < page.words <= words_per_image * page.usable]
    return sorted(shown, key=lambda page: (-page.photos, -page.usable, page.url))


def _section(page: Page) -> tuple[str, ...]:
    name = page.url.rpartition("/")[2]
    return next(section for section in plan.GIMP_SECTIONS if name.startswith(section))


def _strictness(licence: str) -> int:
    """How much a licence forbids: to share changes, worse to sell."""
    return ("-ND" in licence) + 2 * ("-NC" in licence)


def _until(images: int, pages: Iterable[Page]) -> list[Page]:
    """Pages in the given order until they show `images` different usable pictures.

    Pages that show more than that alone are left out.
    """
    seen: set[Path] = set()
    taken = []
    for page in [page for page in pages if page.usable <= images]:
        if len(seen) >= images:
            break
        taken.append(page)
        seen.update(picture.path for picture in page.pictures if picture.is_usable)
    return taken
