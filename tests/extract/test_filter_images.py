"""Every rule of filter_images drops what it is for, and hostile files do no harm."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from realsyn_tasks.extract import filter_images, schemas
from realsyn_tasks.extract.filter_images import Config
from realsyn_tasks.pictures.phash import perceptual_hash
from tests.extract.pictures import animated, encoded, parsed, png_bomb, scene
from tests.pictures.spoiled import laid, spoiled
from tests.support import context

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def verdict(data: bytes, tmp_path: Path, **settings: object) -> str:
    """The reason why an image is dropped, or kept."""
    output = filter_images.run(parsed([data]), Config(**settings), context(tmp_path))
    assert len(output.dropped) + output.tables["images"].num_rows == 1
    return output.dropped[0].reason.code if output.dropped else "kept"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP"])
def test_good_images_stay(kind: str, tmp_path: Path) -> None:
    assert verdict(encoded(scene(), kind), tmp_path) == "kept"


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_moving_images_are_animated(kind: str, tmp_path: Path) -> None:
    assert verdict(animated(kind), tmp_path) == "animated"


def test_a_stereo_jpeg_is_a_jpeg(tmp_path: Path) -> None:
    data = encoded(scene(1), "MPO", save_all=True, append_images=[scene(2)])
    output = filter_images.run(parsed([data]), Config(), context(tmp_path))
    assert output.tables["images"]["format"].to_pylist() == ["JPEG"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((100, 100), "kept"),
        ((99, 120), "too_small"),
        ((120, 99), "too_small"),
        ((300, 100), "kept"),
        ((301, 100), "aspect_ratio"),
        ((100, 301), "aspect_ratio"),
    ],
)
def test_sides_and_aspect_are_the_papers(
    size: tuple[int, int], expected: str, tmp_path: Path
) -> None:
    assert verdict(encoded(scene(0, *size)), tmp_path) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty"),
        (b"\0" * 50, "unsupported_format"),
        (SVG, "unsupported_format"),
        (encoded(scene(), "TIFF"), "unsupported_format"),
        (encoded(scene())[:1200], "undecodable"),
        (encoded(scene(), "PNG")[:12_000], "undecodable"),
        (b"\xff\xd8\xff" + b"\0" * 500, "undecodable"),
        (b"GIF89a", "undecodable"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "unsupported_format"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "undecodable"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, expected: str, tmp_path: Path) -> None:
    assert verdict(data, tmp_path) == expected


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"<!DOCTYPE html><p>Not found</p>", "text/html"),
        (SVG, "image/svg+xml"),
        (encoded(scene(), "ICO"), "image/x-icon"),
        (encoded(scene(), "TIFF"), "image/tiff"),
        (encoded(scene(), "JPEG2000"), "image/jp2"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200, "image/heic"),
        (b"\xff\x0a" + b"\0" * 200, "image/jxl"),
        (b"%PDF-1.4", "application/pdf"),
        (b"\n" + encoded(scene()), "begins with b'\\n\\xff\\xd8"),
    ],
)
def test_what_browsers_do_not_show_is_named_by_its_bytes(
    data: bytes, named: str, tmp_path: Path
) -> None:
    [dropped] = filter_images.run(parsed([data]), Config(), context(tmp_path)).dropped
    assert dropped.reason.code == "unsupported_format"
    assert dropped.detail.startswith(named)


def test_pictures_are_measured_upright(tmp_path: Path) -> None:
    files = [laid(noted, kind) for noted in range(1, 9) for kind in ("JPEG", "WEBP", "PNG", "AVIF")]
    table = filter_images.run(parsed(files), Config(), context(tmp_path)).tables["images"]
    assert set(zip(table["width"].to_pylist(), table["height"].to_pylist(), strict=True)) == {
        (160, 120)
    }
    hashes = table["phash"].to_pylist()
    assert len(hashes) == len(files)
    assert max((hashes[0] ^ value).bit_count() for value in hashes) <= 6


def test_what_decoders_refuse_and_browsers_show_stays(tmp_path: Path) -> None:
    whole = encoded(scene(3, 320, 240), "PNG")
    files = [*spoiled(whole).values(), encoded(scene(3, 320, 240))[:-20], encoded(scene())[:-2]]
    output = filter_images.run(parsed(files), Config(), context(tmp_path))
    assert not output.dropped
    assert output.tables["images"].num_rows == len(files)


def test_one_frame_is_a_picture_and_two_are_not(tmp_path: Path) -> None:
    for kind in ("GIF", "PNG", "WEBP", "AVIF"):
        single = encoded(scene(1), kind, save_all=True)
        assert verdict(single, tmp_path) == "kept"
        assert verdict(animated(kind), tmp_path) == "animated"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"])
def test_pixels_of_every_format_are_counted_before_they_are_decoded(
    kind: str, tmp_path: Path
) -> None:
    data = encoded(scene(0, 400, 300), kind)
    assert verdict(data, tmp_path, max_pixels=400 * 300 - 1) == "too_many_pixels"
    assert verdict(data, tmp_path, max_pixels=400 * 300) == "kept"


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb, limit = png_bomb(20_000, 20_000), Image.MAX_IMAGE_PIXELS
    started = time.process_time()
    assert verdict(bomb, tmp_path) == "too_many_pixels"
    assert time.process_time() - started < 0.5
    assert limit == Image.MAX_IMAGE_PIXELS


def test_pixels_are_counted_below_pillows_own_limit(tmp_path: Path) -> None:
    data = encoded(scene(0, 120, 120))
    assert verdict(data, tmp_path, max_pixels=120 * 120 - 1) == "too_many_pixels"
    assert verdict(data, tmp_path, max_pixels=120 * 120) == "kept"


def test_blank_pictures_go_and_pale_ones_stay(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (120, 120), (200, 10, 10, 0))
    noise = np.random.default_rng(0).integers(250, 256, (120, 120, 3), dtype=np.uint8)
    pale = Image.blend(scene(), Image.new("RGB", (160, 120), "white"), 0.8)
    assert verdict(encoded(clear, "PNG"), tmp_path) == "blank"
    assert verdict(encoded(Image.fromarray(noise), "PNG"), tmp_path) == "blank"
    assert verdict(encoded(pale, "PNG"), tmp_path) == "kept"


def drawing(width: int = 1, side: int = 400) -> Image.Image:
    """Thin lines over most of a white sheet."""
    sheet = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(sheet)
    pen.ellipse((side // 8, side // 8, side * 7 // 8, side * 7 // 8), outline="black", width=width)
    pen.line((side // 6, side // 2, side * 5 // 6, side // 2), fill="black", width=width)
    pen.line((side // 2, side // 6, side // 3, side * 5 // 6), fill="black", width=width)
    return sheet


def placeholder(text: str = "no image", frame: bool = False) -> Image.Image:
    """A word in the middle of one colour."""
    sheet = Image.new("RGB", (400, 400), (230, 230, 230))
    pen = ImageDraw.Draw(sheet)
    pen.text((175, 190), text, fill=(90, 90, 90))
    if frame:
        pen.rectangle((2, 2, 397, 397), outline=(180, 180, 180), width=2)
    return sheet


def night(side: int = 300) -> Image.Image:
    """A dim photograph with a small bright thing in it, and the noise of a camera."""
    grain = np.random.default_rng(1).normal(20, 1.5, (side, side, 3))
    grain[100:110, 200:212] = 220
    return Image.fromarray(grain.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("width", [1, 2])
def test_line_drawings_are_no_placeholders(width: int, kind: str, tmp_path: Path) -> None:
    assert verdict(encoded(drawing(width), kind), tmp_path) == "kept"
    inverted = ImageOps.invert(drawing(width))
    assert verdict(encoded(inverted, kind), tmp_path) == "kept"


def test_dim_photographs_are_no_placeholders(tmp_path: Path) -> None:
    assert verdict(encoded(night(), "PNG"), tmp_path) == "kept"


@pytest.mark.parametrize("frame", [False, True])
@pytest.mark.parametrize("text", ["no image", "?", "coming soon"])
def test_words_on_one_colour_are_placeholders(text: str, frame: bool, tmp_path: Path) -> None:
    found = verdict(encoded(placeholder(text, frame), "PNG"), tmp_path)
    assert found in ("placeholder", "blank")


def test_one_bad_file_stops_nobody_and_details_do_not_change(tmp_path: Path) -> None:
    files = [encoded(scene(1)), b"\xff\xd8\xff" + b"\0" * 99, encoded(scene(2), "PNG"), SVG]
    runs = [filter_images.run(parsed(files), Config(), context(tmp_path)) for _ in range(2)]
    assert runs[0].tables["images"].equals(runs[1].tables["images"])
    assert runs[0].dropped == runs[1].dropped
    assert sorted(item.reason.code for item in runs[0].dropped) == [
        "undecodable",
        "unsupported_format",
    ]
    assert not any("0x" in item.detail for item in runs[0].dropped)
    table = runs[0].tables["images"]
    assert table.schema == schemas.IMAGES
    assert table["width"].to_pylist() == [160, 160]
    assert table["image_id"].to_pylist() == sorted(table["image_id"].to_pylist())


def test_no_damaged_file_raises(tmp_path: Path) -> None:
    """A seeded fuzz: bytes cut and changed in every supported format."""
    dice = random.Random(0)
    files = []
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        whole = encoded(scene(3), kind)
        for _ in range(60):
            data = bytearray(whole[: dice.randrange(len(whole) // 2, len(whole) + 1)])
            for _ in range(dice.randrange(1, 12)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            files.append(bytes(data))
    output = filter_images.run(parsed(files), Config(), context(tmp_path))
    assert len(output.dropped) + output.tables["images"].num_rows == len(files)
    assert len(output.dropped) > len(files) // 4


def distance(a: Image.Image, b: Image.Image) -> int:
    return (perceptual_hash(a) ^ perceptual_hash(b)).bit_count()


def test_hashes_of_copies_are_near_and_of_others_far() -> None:
    scenes = [scene(seed, 320, 240) for seed in range(20)]
    for picture in scenes:
        smaller = picture.resize((160, 120))
        brighter = ImageEnhance.Brightness(picture).enhance(1.1)
        assert distance(picture, smaller) <= 4
        assert distance(picture, brighter) <= 6
    others = [distance(a, b) for a in scenes for b in scenes if a is not b]
    assert min(others) >= 12
    assert 28 <= np.mean(others) <= 36
