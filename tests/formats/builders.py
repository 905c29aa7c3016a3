"""One builder per format: the same pages, written as each format holds them.

A new format adds its builder to `BUILDERS`; the contract (tests/formats/contract.py) does the rest.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from tests.crawls import Response, picture, write_warc

SITE = "https://pages.example"


@dataclass(frozen=True)
class Page:
    """A document that every format can hold: texts, seeds of pictures, and raw references."""

    number: int
    parts: tuple[str | int | Reference, ...]


class Reference(str):
    """An image's address as a stranger writes it."""


class Builder(Protocol):
    """Writes pages in one format."""

    def write(self, folder: Path, stem: str, pages: Sequence[Page]) -> list[Path]:
        """Write pages, uncompressed, to files that `stem` names; give those with documents."""
        ...

    def archive(self, folder: Path, stem: str, pages: Sequence[Page]) -> Path | None:
        """Write pages to an archive; None if the format knows none."""
        ...


def drawn(seed: int) -> bytes:
    """A small picture."""
    return picture(seed, (48, 36))


def _address(part: int | Reference, place: str) -> str:
    return part if isinstance(part, Reference) else f"{place}pictures/{part:03d}.jpg"


def _html(page: Page) -> bytes:
    parts = [
        f'<img src="{_address(part, "")}" alt="A picture">'
        if isinstance(part, (int, Reference))
        else f"<p>{escape(part)}</p>"
        for part in page.parts
    ]
    return f'<html><meta charset="utf-8"><body>{"".join(parts)}</body></html>'.encode()


def _seeds(pages: Sequence[Page]) -> list[int]:
    return [part for page in pages for part in page.parts if isinstance(part, int)]


class Warc:
    """Each page followed by its pictures."""

    def write(self, folder: Path, stem: str, pages: Sequence[Page]) -> list[Path]:
        site = f"{SITE}/{stem}"
        responses: list[Response] = []
        for page in pages:
            responses.append(Response(f"{site}/{page.number}.html", _html(page)))
            responses += [
                Response(f"{site}/pictures/{seed:03d}.jpg", drawn(seed), "image/jpeg")
                for seed in _seeds([page])
            ]
        return [write_warc(folder / f"{stem}.warc", responses)]

    def archive(self, folder: Path, stem: str, pages: Sequence[Page]) -> Path | None:
        return None


class Wacz:
    """A WARC file for each page in an archive, with the list of what is in it."""

    def write(self, folder: Path, stem: str, pages: Sequence[Page]) -> list[Path]:
        return [self.archive(folder, stem, pages)]

    def archive(self, folder: Path, stem: str, pages: Sequence[Page]) -> Path:
        members = {}
        for page in pages:
            warc = Warc().write(folder, f"{stem}-{page.number:02d}", [page])[0]
            members[f"archive/{page.number:02d}.warc"] = warc.read_bytes()
            warc.unlink()
        resources = [{"path": name, "bytes": len(data)} for name, data in members.items()]
        members["pages/pages.jsonl"] = b'{"format": "json-pages-1.0", "id": "pages"}\n'
        members["datapackage.json"] = json.dumps({"resources": resources}).encode()
        return _zipped(folder / f"{stem}.wacz", members)


class Html:
    """A file for each page, pictures beside them."""

    def write(self, folder: Path, stem: str, pages: Sequence[Page]) -> list[Path]:
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        for seed in _seeds(pages):
            (folder / f"pictures/{seed:03d}.jpg").write_bytes(drawn(seed))
        paths = [folder / f"{stem}-{page.number:02d}.html" for page in pages]
        for path, page in zip(paths, pages, strict=True):
            path.write_bytes(_html(page))
        return paths

    def archive(self, folder: Path, stem: str, pages: Sequence[Page]) -> Path | None:
        return None


class HtmlZip:
    """The folder in an archive."""

    def write(self, folder: Path, stem: str, pages: Sequence[Page]) -> list[Path]:
        return [self.archive(folder, stem, pages)]

    def archive(self, folder: Path, stem: str, pages: Sequence[Page]) -> Path:
        members = {f"{page.number:02d}.html": _html(page) for page in pages}
        members |= {f"pictures/{seed:03d}.jpg": drawn(seed) for seed in _seeds(pages)}
        return _zipped(folder / f"{stem}.zip", members)


class Mmc4:
    """A line for each page; images stand before the text they were matched to."""

    def write(self, folder: Path, stem: str, pages: Sequence[Page]) -> list[Path]:
        path = folder / f"{stem}.jsonl"
        path.write_bytes(self._lines(pages))
        return [path]

    def archive(self, folder: Path, stem: str, pages: Sequence[Page]) -> Path | None:
        members = {f"{page.number:02d}.jsonl": self._lines([page]) for page in pages}
        return _zipped(folder / f"{stem}.jsonl.zip", members)

    def _lines(self, pages: Sequence[Page]) -> bytes:
        return b"".join(json.dumps(self._row(page)).encode() + b"\n" for page in pages)

    def _row(self, page: Page) -> dict[str, object]:
        texts: list[str] = []
        images: list[dict[str, object]] = []
        for part in page.parts:
            if isinstance(part, (int, Reference)):
                address = _address(part, f"{SITE}/")
                images.append({"raw_url": address, "matched_text_index": len(texts)})
            else:
                texts.append(part)
        return {"text_list": texts, "url": f"{SITE}/{page.number}", "image_info": images}


class Obelics:
    """A row, and a row group, for each page."""

    def write(self, folder: Path, stem: str, pages: Sequence[Page]) -> list[Path]:
        path = folder / f"{stem}.parquet"
        table = pa.Table.from_pylist([self._row(page) for page in pages])
        plain = {"compression": "none", "use_dictionary": False, "write_statistics": False}
        pq.write_table(table, path, row_group_size=1, **plain)
        return [path]

    def archive(self, folder: Path, stem: str, pages: Sequence[Page]) -> Path | None:
        return None

    def _row(self, page: Page) -> dict[str, object]:
        linked = [isinstance(part, (int, Reference)) for part in page.parts]
        return {
            "images": [
                _address(part, f"{SITE}/") if isinstance(part, (int, Reference)) else None
                for part in page.parts
            ],
            "texts": [
                None if is_image else part
                for part, is_image in zip(page.parts, linked, strict=True)
            ],
            "general_metadata": json.dumps({"url": f"{SITE}/{page.number}"}),
        }


def _zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return path


BUILDERS: dict[str, Builder] = {
    "warc": Warc(),
    "wacz": Wacz(),
    "html": Html(),
    "obelics": Obelics(),
    "mmc4": Mmc4(),
    "html_zip": HtmlZip(),
}
