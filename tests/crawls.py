"""Tiny crawls for tests: English prose and drawn pictures, written as WARC or as an HTML folder.

Everything is made from the arguments alone, so two calls give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.prose import TOPICS

HOST = "https://tiny.example"
DATE = "2024-01-01T00:00:00Z"


@dataclass(frozen=True)
class Response:
    """One HTTP response to be written as a WARC record."""

    url: str
    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: str = "200 OK"
    headers: Sequence[tuple[str, str]] = field(default=())


def picture(seed: int, size: tuple[int, int] = (240, 180), kind: str = "JPEG") -> bytes:
    """A drawn picture as encoded bytes: another scene, palette and texture for every seed."""
    rng = np.random.default_rng(seed)
    image = _background(rng, size)
    _SCENES[seed % len(_SCENES)](ImageDraw.Draw(image), rng, size)
    if seed % 3 == 1:
        image = image.filter(ImageFilter.GaussianBlur(1.5))
    grain = rng.normal(0, 4 + 10 * (seed % 4), (size[1], size[0], 1))
    pixels = np.clip(np.asarray(image, dtype=np.float64) + grain, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    return red, green, blue


def _background(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    top, bottom = (np.array(_colour(rng), dtype=np.float64) for _ in range(2))
    share = np.linspace(0, 1, size[1]).reshape(-1, 1, 1)
    pixels = np.broadcast_to(top * (1 - share) + bottom * share, (size[1], size[0], 3))
    return Image.fromarray(pixels.astype(np.uint8))


def _discs(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: tuple[int, int]) -> None:
    for _ in range(int(rng.integers(2, 7))):
        x, y, r = rng.integers(0, size[0]), rng.integers(0, size[1]), rng.integers(12, 60)
        draw.ellipse((int(x - r), int(y - r), int(x + r), int(y + r)), fill=_colour(rng))


def _houses(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: tuple[int, int]) -> None:
    ground = int(size[1] * 0.8)
    draw.rectangle((0, ground, *size), fill=_colour(rng))
    for left in range(10, size[0] - 40, 60):
        roof = int(rng.integers(ground // 3, ground - 30))
        draw.rectangle((left, roof, left + 45, ground), fill=_colour(rng))
        draw.polygon(
            [(left - 5, roof), (left + 22, roof - 25), (left + 50, roof)], fill=_colour(rng)
        )


def _stripes(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: tuple[int, int]) -> None:
    step, slant = int(rng.integers(8, 40)), int(rng.integers(-80, 80))
    for left in range(-80, size[0] + 80, 2 * step):
        draw.polygon(
            [(left, 0), (left + step, 0), (left + step + slant, size[1]), (left + slant, size[1])],
            fill=_colour(rng),
        )


def _boards(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: tuple[int, int]) -> None:
    side, dark, light = int(rng.integers(14, 34)), _colour(rng), _colour(rng)
    for row, top in enumerate(range(0, size[1], side)):
        for column, left in enumerate(range(0, size[0], side)):
            fill = dark if (row + column) % 2 else light
            draw.rectangle((left, top, left + side - 1, top + side - 1), fill=fill)


def _branches(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: tuple[int, int]) -> None:
    points = [(size[0] // 2, size[1] - 5)]
    for _ in range(60):
        x, y = points[int(rng.integers(0, len(points)))]
        end = (int(x + rng.integers(-35, 36)), int(y - rng.integers(2, 30)))
        draw.line([(x, y), end], fill=_colour(rng), width=int(rng.integers(1, 6)))
        points.append(end)


def _peaks(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: tuple[int, int]) -> None:
    for layer in range(3):
        base = size[1] * (layer + 2) // 4
        heights = rng.integers(-40, 40, 9)
        ridge = [(i * size[0] // 8, base + int(height)) for i, height in enumerate(heights)]
        draw.polygon([(0, size[1]), *ridge, (size[0], size[1])], fill=_colour(rng))


_SCENES = (_discs, _houses, _stripes, _boards, _branches, _peaks)


def page_html(topic: int, image_urls: Sequence[str]) -> str:
    """An article on one topic, its pictures between its paragraphs."""
    title, captions, paragraphs = TOPICS[topic % len(TOPICS)]
    parts = [f"<h1>{title}</h1>"]
    for index, paragraph in enumerate(paragraphs):
        parts.append(f"<p>{paragraph}</p>")
        parts += [
            _figure(url, captions[place % len(captions)])
            for place, url in enumerate(image_urls)
            if place % len(paragraphs) == index
        ]
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title></head>"
        f"<body><nav><a href='/'>Home</a></nav>\n{body}\n<footer>Imprint</footer></body></html>\n"
    )


def _figure(url: str, caption: str) -> str:
    return f'<figure><img src="{url}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'


def write_warc(path: Path, responses: Iterable[Response]) -> Path:
    """One WARC file with a response record for each item; gzipped if the name says so."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=path.name.endswith(".gz"))
        for number, item in enumerate(responses):
            headers = [("Content-Type", item.content_type), *item.headers]
            if not any(name.lower() == "content-length" for name, _ in headers):
                headers.append(("Content-Length", str(len(item.body))))
            record = writer.create_warc_record(
                item.url,
                "response",
                payload=io.BytesIO(item.body),
                http_headers=StatusAndHeaders(item.status, headers, protocol="HTTP/1.1"),
                warc_headers_dict={
                    "WARC-Date": DATE,
                    "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>",
                },
            )
            writer.write_record(record)
    return path


def tiny_site(pages: int = 6, images: int = 12, gifs: Sequence[int] = ()) -> list[Response]:
    """Pages, each followed by its own pictures; `images` is the number over all pages.

    Pictures are JPEG, but for some that are GIF whatever their names say.
    """
    site: list[Response] = []
    for number in range(pages):
        mine = range(number, images, pages)
        names = [f"pictures/{seed:03d}.jpg" for seed in mine]
        html = page_html(number, names).encode()
        site.append(Response(f"{HOST}/page-{number:03d}.html", html))
        site += [
            Response(f"{HOST}/{name}", picture(seed, kind=_kind(seed, gifs)), "image/jpeg")
            for seed, name in zip(mine, names, strict=True)
        ]
    return site


def _kind(seed: int, gifs: Sequence[int]) -> str:
    return "GIF" if seed in gifs else "JPEG"


def write_tiny_warc(
    folder: Path, pages: int = 6, images: int = 12, files: int = 2, gifs: Sequence[int] = ()
) -> list[Path]:
    """`files` WARC files in `folder`; every page lies in the same file as its pictures."""
    site = tiny_site(pages, images, gifs)
    starts = [i for i, item in enumerate(site) if item.content_type.startswith("text/html")]
    bounds = [starts[number * pages // files] for number in range(files)] + [len(site)]
    return [
        write_warc(folder / f"tiny-{number:05d}.warc.gz", site[bounds[number] : bounds[number + 1]])
        for number in range(files)
    ]


def write_tiny_html_folder(folder: Path, pages: int = 6, images: int = 12) -> list[Path]:
    """The same site as files: `page-000.html` and so on, pictures in `pictures/`."""
    written = []
    for item in tiny_site(pages, images):
        path = folder / item.url.removeprefix(f"{HOST}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(item.body)
        written.append(path)
    return written
