"""Pages that are taken as they are: which, and that nothing of them changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.sample_crawl import native, plan
from tests.crawls import picture
from tests.sample_crawl.small import unpacked


def write_page(folder: Path, name: str, kind: str, count: int, words: int = 30) -> None:
    shown = ""
    for seed in range(count):
        file = folder / "images" / f"{name}-{seed}.{kind}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(seed, kind="JPEG" if kind == "jpg" else "PNG"))
        shown += f"<img src='images/{file.name}'/>"
    icon = "<img src='images/icon.png'/><img src='images/gone.png'/>"
    (folder / "images/icon.png").write_bytes(picture(9, (20, 20), "PNG"))
    (folder / f"{name}.html").write_text(f"<p>{'word ' * words}.</p>{shown}{icon}")


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    """A GIMP manual: photographs, screenshots, filters, and text with one picture."""
    folder = tmp_path / "usr/share/gimp/2.0/help/en"
    write_page(folder, "photos", "jpg", 3)
    write_page(folder, "shots", "png", 5)
    write_page(folder, "text", "png", 1, words=900)
    write_page(folder, "gimp-filter-a", "jpg", 4)
    write_page(folder, "gimp-filter-b", "jpg", 2)
    write_page(folder, "gimp-filter-c", "jpg", 1)
    (folder / "bare.html").write_text("<p>No pictures.</p>")
    return tmp_path


def names(root: Path) -> list[str]:
    pages = native.gimp_pages(unpacked("gimp-help-en", root))
    return [page.url.rpartition("/")[2].removesuffix(".html") for page in pages]


def test_pages_with_photographs_come_first(manual: Path) -> None:
    pages = native.gimp_pages(unpacked("gimp-help-en", manual))[3:]
    assert [page.url for page in pages] == [
        "https://gimp-help.example/photos.html",
        "https://gimp-help.example/shots.html",
    ]
    assert [(page.photos, page.usable, len(page.pictures)) for page in pages] == [
        (3, 3, 4),
        (0, 5, 6),
    ]
    source = manual / "usr/share/gimp/2.0/help/en/photos.html"
    assert pages[0].body == source.read_bytes()


def test_each_section_of_the_manual_has_its_limit(
    manual: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "GIMP_SECTIONS", {("gimp-filter", "plug-in"): 5, ("",): 3})
    assert names(manual) == ["gimp-filter-a", "gimp-filter-b", "photos"]


def test_a_page_that_shows_more_than_the_limit_is_left_out(
    manual: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "GIMP_SECTIONS", {("gimp-filter",): 3, ("",): 0})
    assert names(manual) == ["gimp-filter-b", "gimp-filter-c"]


def test_sky_cultures_that_may_be_changed_and_sold_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    licences = {"a": "CC BY-NC-ND 4.0", "b": "CC BY-ND 4.0", "c": "GNU GPL v2.0", "d": "CC BY-NC"}
    for name, licence in licences.items():
        folder = tmp_path / "usr/share/stellarium/skycultures" / name
        write_page(folder, "description", "png", 2)
        (folder / "description.html").rename(folder / "description.en.utf8")
        (folder / "info.ini").write_text(f"[info]\nlicense = {licence}\n")
    package = unpacked("stellarium-data", tmp_path)
    monkeypatch.setattr(plan, "SKY_IMAGES", 6)
    pages = native.sky_pages(package)
    assert [page.url.split("/")[3] for page in pages] == ["c", "b", "d"]
    assert native.sky_licences(package, pages)["https://skies.example/c/"] == "GNU GPL v2.0"


def test_another_layout_gives_no_pages(tmp_path: Path) -> None:
    package = unpacked("stellarium-data", tmp_path)
    assert native.sky_pages(package) == []
    assert native.gimp_pages(unpacked("gimp-help-en", tmp_path)) == []
