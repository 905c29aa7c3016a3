"""What pictures look like once decoded: as browsers show them."""

from __future__ import annotations

import io
import random
import struct

import numpy as np
import pytest
from PIL import Image

from realsyn_tasks.pictures.orientation import orientation, upright_size
from realsyn_tasks.pictures.pixels import BROKEN, decode, is_plain, opened, stated_size
from tests.extract.pictures import scene
from tests.pictures.spoiled import encoded, exif, laid, spoiled, upright, with_chunk

PHOTO = scene(3, 320, 240)


def differs(data: bytes, image: Image.Image, max_side: int | None = None) -> float:
    """How far what is decoded is from a picture, of 0..255 on average."""
    shown = decode(data, max_side)
    wanted = image.convert("RGB")
    if shown.size != wanted.size:
        return 255.0
    return float(np.abs(np.asarray(shown, int) - np.asarray(wanted, int)).mean())


@pytest.mark.parametrize("container", ["PNG", "TIFF"])
def test_sixteen_bit_greys_keep_their_shades(container: str) -> None:
    shades = np.linspace(0, 0xFFFF, 100 * 100).reshape(100, 100).astype(np.uint16)
    stored = io.BytesIO()
    Image.fromarray(shades).save(stored, container)
    shown = np.asarray(decode(stored.getvalue()))
    assert np.abs(shown[..., 0].astype(int) - (shades >> 8)).max() <= 1
    assert (shown[..., 0] == shown[..., 2]).all()


def test_transparent_pixels_are_white() -> None:
    stored = io.BytesIO()
    Image.new("RGBA", (100, 100), (200, 0, 0, 0)).save(stored, "PNG")
    assert np.asarray(decode(stored.getvalue())).min() == 255


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *(("RGB", "JPEG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("1", "PNG"), ("L", "PNG")),
        *(("LA", "PNG"), ("P", "PNG"), ("RGBA", "PNG"), ("RGBA", "WEBP"), ("P", "GIF")),
        *(("RGB", "BMP"), ("RGB", "AVIF"), ("RGBA", "AVIF"), ("L", "AVIF"), ("RGB", "MPO")),
    ],
)
def test_pictures_of_every_mode_look_like_themselves(mode: str, kind: str) -> None:
    stored = PHOTO.convert(mode)
    options = {} if kind in ("GIF", "BMP") else {"quality": 95}
    assert differs(encoded(stored, kind, **options), stored) < 6


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG", "AVIF"])
@pytest.mark.parametrize("noted", range(1, 9))
def test_pictures_stand_upright(kind: str, noted: int) -> None:
    for order, before in ((">", 0), ("<", 0), (">", 5)):
        data = laid(noted, kind, order, before)
        assert differs(data, upright()) < 8
        assert differs(data, upright(80, 60), max_side=80) < 8
        with opened(data) as image:
            assert upright_size(image) == (160, 120)
        assert is_plain(data) == (noted == 1)


@pytest.mark.parametrize(
    "block",
    [
        *(b"", b"Exif\0\0", b"Exif\0\0MM", b"Exif\0\0MM\0*\xff\xff\xff\xff", exif(6)[:-16]),
        *(
            exif(0),
            exif(9),
            exif(6).replace(b"MM\0*", b"MM\0+"),
            b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        ),
    ],
)
def test_exif_that_cannot_be_read_turns_nothing(block: bytes) -> None:
    data = encoded(upright(), "JPEG", exif=block)
    with opened(data) as image:
        assert orientation(image) == 1
    assert differs(data, upright()) < 8


def test_what_xmp_says_turns_nothing() -> None:
    data = encoded(upright(), "JPEG", xmp=b'<x:xmpmeta tiff:Orientation="6"/>')
    assert differs(data, upright()) < 8


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA", "1"])
def test_a_png_is_shown_whatever_is_wrong_beside_its_pixels(mode: str) -> None:
    stored = PHOTO.convert(mode)
    for name, data in spoiled(encoded(stored, "PNG")).items():
        assert differs(data, stored) < (8 if name == "cut" else 1), name


def test_what_is_mended_keeps_colours_that_stand_for_transparent_ones() -> None:
    image = PHOTO.convert("P")
    data = encoded(image, "PNG", transparency=3)
    assert differs(with_chunk(data, b"tEXt", b"a\0b", wrong=True), decode(data)) == 0
    turned = with_chunk(
        with_chunk(encoded(upright(), "PNG"), b"eXIf", exif(3)[6:]), b"tEXt", b"x", True
    )
    assert differs(turned, upright().transpose(Image.Transpose.ROTATE_180)) == 0


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
def test_a_jpeg_is_shown_when_only_its_end_is_missing(options: dict[str, int]) -> None:
    whole = encoded(PHOTO, "JPEG", quality=90, **options)
    for lost in (1, 2, 20, len(whole) // 100, len(whole) // 20):
        cut = whole[:-lost]
        assert differs(cut, PHOTO) < 12, lost
        assert not is_plain(cut)
    assert is_plain(whole)
    for junk in (b"\n", b"\0" * 500, b"<html></html>"):
        assert differs(whole + junk, PHOTO) < 4
        assert is_plain(whole + junk)


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": exif(1)}])
def test_a_webp_is_shown_when_only_its_end_is_missing(options: dict[str, object]) -> None:
    whole = encoded(PHOTO, "WEBP", **options)
    for lost in (1, 2, 4, 8):
        assert differs(whole[:-lost], PHOTO) < 12, lost
        assert not is_plain(whole[:-lost])


@pytest.mark.parametrize("kind", ["GIF", "BMP"])
def test_others_are_shown_when_only_their_end_is_missing(kind: str) -> None:
    options = {"interlace": 0} if kind == "GIF" else {}
    whole = encoded(PHOTO, kind, **options)
    assert differs(whole[: -len(whole) // 30], PHOTO) < 12


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF"])
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.7])
def test_what_is_cut_further_is_broken(kind: str, share: float) -> None:
    whole = encoded(PHOTO, kind)
    with pytest.raises(BROKEN):
        decode(whole[: int(len(whole) * share)])


def test_a_picture_that_ends_in_one_colour_is_whole() -> None:
    sky = Image.new("RGB", (320, 240), "white")
    sky.paste(PHOTO.resize((320, 80)), (0, 0))
    assert differs(encoded(sky, "JPEG", quality=95), sky) < 4


@pytest.mark.parametrize("size", [(160, 120), (1, 1), (300, 16383), (16383, 1)])
@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": exif(1)}])
def test_a_webp_states_its_size(size: tuple[int, int], options: dict[str, object]) -> None:
    data = encoded(Image.new("RGB", size, "red"), "WEBP", method=0, **options)
    assert stated_size(data) == size
    assert stated_size(data[:24]) == (0, 0)
    assert stated_size(encoded(PHOTO, "PNG")) == (0, 0)


def test_formats_are_told_by_bytes() -> None:
    for kind in ("TIFF", "BMP", "GIF", "AVIF"):
        with opened(encoded(PHOTO, kind)) as image:
            assert image.format == kind
    for data in (b"", b"\n" + encoded(PHOTO, "JPEG"), b"<svg/>", encoded(PHOTO, "ICO")):
        with pytest.raises(ValueError, match="no picture"):
            opened(data)


def test_no_damaged_file_raises_anything_else() -> None:
    dice = random.Random(0)
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"):
        whole = encoded(scene(2, 64, 48), kind)
        for _ in range(60):
            data = bytearray(whole[: dice.randrange(len(whole) // 2, len(whole) + 1)])
            for _ in range(dice.randrange(0, 6)):
                data[dice.randrange(12, len(data))] = dice.randrange(256)
            try:
                shown = decode(bytes(data))
            except (*BROKEN, struct.error, Image.DecompressionBombError):
                continue
            assert shown.mode == "RGB"
