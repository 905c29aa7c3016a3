"""Parts of pages, blocklisted images, badly scored ones and evaluation images are dropped."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance
from pydantic import ValidationError

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import Output
from realsyn_tasks.extract import embed_images, filter_images
from realsyn_tasks.extract.filter_images import Config
from realsyn_tasks.extract.furniture import is_icon_name, is_placeholder_name
from realsyn_tasks.extract.reasons import SCORED
from realsyn_tasks.pictures.ground import Ground
from realsyn_tasks.pictures.pdq import distances, format_pdq, parse_pdq, pdq
from tests.crawls import picture
from tests.extract.pictures import encoded, parsed, scene
from tests.extract.shown_pictures import BLANKS, PHOTOGRAPHS, PICTURES, PLACEHOLDERS, shown
from tests.support import FakeInputs, TinyEncoder, context


def filtered(files: list[bytes], tmp_path: Path, **settings: Any) -> Output:
    config = Config(**settings).pinned()
    output = filter_images.run(parsed(files), config, context(tmp_path))
    assert len(output.dropped) + output.tables["images"].num_rows == len(files)
    return output


def verdict(data: bytes, tmp_path: Path, **settings: Any) -> str:
    output = filtered([data], tmp_path, **settings)
    return output.dropped[0].reason.code if output.dropped else "kept"


@pytest.mark.parametrize(
    ("size", "settings", "expected"),
    [
        ((1, 1), {}, "tracking_pixel"),
        ((3, 1), {}, "tracking_pixel"),
        ((3, 1), {"tracking_side": 0}, "icon"),
        ((4, 4), {}, "icon"),
        ((64, 64), {"min_side": 10}, "icon"),
        ((65, 64), {}, "too_small"),
        ((65, 64), {"min_side": 10}, "kept"),
        ((64, 64), {"min_side": 10, "tracking_side": 0, "icon_side": 0}, "kept"),
    ],
)
def test_pixels_and_icons_are_told_from_small_pictures(
    size: tuple[int, int], settings: dict[str, int], expected: str, tmp_path: Path
) -> None:
    assert verdict(encoded(scene(0, *size), "PNG"), tmp_path, **settings) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("placeholder.png", "no-image.jpg", "noimage.gif", "no_image_available.png", "spacer.gif"),
        *("blank-300x200.png", "1x1.png", "default_avatar.png", "image-not-found.jpg", "pixel.gif"),
        *("lazy_placeholder.gif", "photo-coming-soon.jpg", "placeholder_600x400.svg.png"),
    ],
)
def test_names_of_placeholders(name: str) -> None:
    assert is_placeholder_name(f"https://a.test/images/{name}?v=3")


@pytest.mark.parametrize(
    "name",
    ["favicon-196.png", "apple-touch-icon.png", "icon_home.png", "sprites.png", "fa-car.png"],
)
def test_names_of_icons(name: str) -> None:
    assert is_icon_name(f"https://a.test/images/{name}")


@pytest.mark.parametrize(
    "url",
    [
        "https://a.test/placeholder/red-fox.jpg",
        "https://a.test/blank-canvas-on-an-easel.jpg",
        "https://a.test/no-images-of-war.jpg",
        "https://a.test/iconic-bridge.jpg",
        "https://a.test/clear-sky.jpg",
        "https://a.test/arrowhead.jpg",
        "data:image/png;base64,placeholder",
        "https://[broken/placeholder.png",
    ],
)
def test_pictures_are_not_named_like_that(url: str) -> None:
    assert not is_placeholder_name(url)
    assert not is_icon_name(url)


def named(name: str, image: Image.Image, tmp_path: Path, **settings: Any) -> str:
    inputs = parsed([encoded(image, "PNG")])
    [table] = inputs.tables["parse", "images"]
    column = table.column_names.index("url")
    renamed = table.set_column(column, "url", [[f"https://a.test/{name}"]])
    inputs.tables["parse", "images"] = [renamed]
    output = filter_images.run(inputs, Config(**settings), context(tmp_path))
    return output.dropped[0].reason.code if output.dropped else "kept"


def button(side: int) -> Image.Image:
    """A coloured sign on white, too large and too plain for its colours to tell that it is one."""
    picture = Image.new("RGB", (side, side), "white")
    box = (side * 0.3, side * 0.3, side * 0.7, side * 0.7)
    ImageDraw.Draw(picture).ellipse(box, fill=(200, 30, 30))
    return picture


def test_names_are_a_hint_where_the_content_agrees(tmp_path: Path) -> None:
    assert named("no-image.png", button(400), tmp_path) == "placeholder"
    assert named("no-image.png", button(400), tmp_path, placeholder_names=False) == "kept"
    assert named("photo.png", button(400), tmp_path) == "kept"
    assert named("icon_home.png", button(256), tmp_path) == "icon"
    assert named("icon_home.png", button(257), tmp_path) == "kept"
    assert named("icon_home.png", button(256), tmp_path, named_icon_side=64) == "kept"


@pytest.mark.parametrize(
    "name",
    [
        *("no-image.jpg", "placeholder.png", "pixel.jpg", "clear.jpg", "default-image.jpg"),
        *("arrow-frog.jpg", "bullet-train.jpg", "button_mushroom.jpg", "emoji-movie.jpg"),
    ],
)
def test_photographs_stay_whatever_they_are_called(name: str, tmp_path: Path) -> None:
    for item in shown(PHOTOGRAPHS, 2):
        assert named(name, item.image, tmp_path) == "kept", item
    assert named(name, scene(0, 240, 180), tmp_path) == "kept"


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("JPEG", {"quality": 80})])
def test_pictures_of_every_family_stay(kind: str, options: dict[str, int], tmp_path: Path) -> None:
    """Among them moons, fog, starry skies, things on white, and thin drawings."""
    for item in shown(PICTURES, 8):
        assert verdict(encoded(item.image, kind, **options), tmp_path) == "kept", item


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("JPEG", {"quality": 80})])
def test_signs_and_words_in_the_place_of_pictures_go(
    kind: str, options: dict[str, int], tmp_path: Path
) -> None:
    for item in shown(PLACEHOLDERS, 8):
        code = verdict(encoded(item.image, kind, **options), tmp_path)
        assert code in ("placeholder", "blank"), item
    for item in shown(BLANKS, 8):
        assert verdict(encoded(item.image, kind, **options), tmp_path) == "blank", item


def notice(strokes: int) -> Image.Image:
    """Dark strokes on grey, as on a card that says that there is no image."""
    picture = Image.new("RGB", (200, 200), (200, 200, 200))
    for number in range(strokes):
        ImageDraw.Draw(picture).rectangle(
            (20, 20 + 8 * number, 59, 23 + 8 * number), fill=(9, 9, 9)
        )
    return picture


def test_hardly_anything_on_one_colour_is_a_placeholder(tmp_path: Path) -> None:
    inner = 150 * 150  # without the outermost eighth of each side, where one stroke is
    assert Ground(notice(4)).share == pytest.approx(1 - 3 * 35 * 4 / inner)
    assert verdict(encoded(notice(4), "PNG"), tmp_path) == "placeholder"
    assert verdict(encoded(notice(6), "PNG"), tmp_path) == "kept"
    assert verdict(encoded(notice(6), "PNG"), tmp_path, max_plain=0.96) == "placeholder"
    assert verdict(encoded(notice(4), "PNG"), tmp_path, max_plain=1.0) == "kept"


# blocklists


def listed(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "list.txt"
    path.write_text("\n".join(lines) + "\n")
    return path.as_uri()


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_bytes_on_a_list_are_dropped(kind: str, tmp_path: Path) -> None:
    files = [encoded(scene(seed, 50 if seed == 1 else 160)) for seed in range(3)]
    digests = [hashlib.new(kind, data).hexdigest() for data in files[:2]]
    lines = ["# bad ones", "", f"{digests[0].upper()}  a.jpg", f"{digests[1]},remark"]
    settings = {"blocklists": [{"kind": kind, "file": listed(tmp_path, *lines)}]}
    output = filtered(files, tmp_path, **settings)
    found = [(item.reason.code, item.detail) for item in output.dropped]
    assert found == [("blocklisted", f"{kind}, list.txt")] * 2  # the small one, too


def waves(seed: int, width: int, height: int) -> Image.Image:
    """Smooth colours from arithmetic alone."""
    y, x = np.mgrid[0:height, 0:width]
    numbers = np.random.default_rng(seed).random((3, 6))
    channels = [
        128
        + 60 * np.sin(x / width * 20 * a + 3 * b)
        + 60 * np.cos(y / height * 17 * c + 5 * d)
        + 7 * ((x * 13 + y * 7 + int(e * 100)) % 11)
        for a, b, c, d, e, _ in numbers
    ]
    return Image.fromarray(np.clip(np.stack(channels, -1), 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("seed", "size", "quality", "digits"),
    [
        (0, (64, 64), 100, "f2aa0767d2aad7e7b28a0200f2e78667f3a80057fb98f7a8fba8399802675790"),
        (2, (130, 300), 41, "57540450551cbff809f3fed85578ff78010716fc12d3e978cad8ffb63f210001"),
        (4, (640, 480), 100, "32833ea0c15f015ff683215ea9fbdea0d6a0dea3d680215f295fd6a0297fd6a0"),
    ],
)
def test_pdq_is_that_of_its_authors(
    seed: int, size: tuple[int, int], quality: int, digits: str
) -> None:
    """Expected are the answers of their C++ code, as pdqhash 0.2.8 calls it."""
    value, found = pdq(waves(seed, *size))
    assert distances(value, parse_pdq(digits)[None])[0] <= 2  # roundings of sine and cosine
    assert found == pytest.approx(quality, abs=1)
    assert format_pdq(parse_pdq(digits)) == digits


def test_pictures_like_one_on_a_pdq_list_are_dropped(tmp_path: Path) -> None:
    bad = Image.open(io.BytesIO(picture(4, (320, 240))))
    value, _ = pdq(bad)
    line = f"{format_pdq(value)},98,remark"
    copies = [bad.resize((200, 150)), ImageEnhance.Brightness(bad).enhance(1.1), bad]
    files = [*(encoded(copy, quality=60) for copy in copies), picture(5, (320, 240))]
    lists = [{"kind": "pdq", "file": listed(tmp_path, line)}]
    output = filtered(files, tmp_path, blocklists=lists)
    assert [item.reason.code for item in output.dropped] == ["blocklisted"] * 3
    flipped = value ^ np.array([0xFFFF, 0, 0, 0], dtype=np.uint64)
    lists = [{"kind": "pdq", "file": listed(tmp_path, format_pdq(flipped)), "radius": radius}
             for radius in (15, 16)]  # fmt: skip
    png = encoded(bad, "PNG")
    assert verdict(png, tmp_path, blocklists=lists[:1]) == "kept"
    assert verdict(png, tmp_path, blocklists=lists) == "blocklisted"


@pytest.mark.parametrize(
    ("kind", "line"), [("md5", "a" * 31), ("sha256", "z" * 64), ("pdq", "a" * 32)]
)
def test_a_bad_line_is_named(kind: str, line: str, tmp_path: Path) -> None:
    lists = [{"kind": kind, "file": listed(tmp_path, "# ours", line)}]
    with pytest.raises(ConfigError, match=r"list\.txt, line 2.*correct the line"):
        verdict(encoded(scene()), tmp_path, blocklists=lists)


# scores


class Redness:
    """A real, if simple, scorer: how much of a picture's light is red."""

    def __call__(self, images: Sequence[Image.Image]) -> np.ndarray:
        means = np.array([np.asarray(image).mean(axis=(0, 1)) for image in images])
        return means[:, 0] / means.sum(axis=1)


def confused(images: Sequence[Image.Image]) -> np.ndarray:
    return np.zeros(len(images) + 1)


def unsure(images: Sequence[Image.Image]) -> np.ndarray:
    return np.full(len(images), np.nan)


def tinted(red: int) -> bytes:
    return encoded(Image.blend(scene(), Image.new("RGB", (160, 120), (red, 128, 128)), 0.8))


def scored(files: list[bytes], tmp_path: Path, model: Any, **settings: Any) -> Output:
    config = Config(scorers=[{"model": "ours", "max_score": 0.4} | settings])
    [name] = config.asked_models()
    loaded = {f"filter_images.{name}": model}
    return filter_images.run(parsed(files), config, context(tmp_path, model=loaded.__getitem__))


def test_high_scores_are_dropped_with_their_reason(tmp_path: Path) -> None:
    files = [tinted(red) for red in [255, 20] * 40]
    output = scored(files, tmp_path, Redness())
    assert {item.reason.code for item in output.dropped} == {"nsfw"}
    assert all(item.detail.startswith("score 0.4") for item in output.dropped)
    kept = output.tables["images"]["position"].to_pylist()
    assert sorted(kept) == list(range(1, 80, 2))
    [dropped] = scored(files[:1], tmp_path, Redness(), max_score=0.1, reason="unwanted").dropped
    assert dropped.reason.code == "unwanted"
    assert verdict(files[0], tmp_path) == "kept"  # none unless named


def test_a_scorer_gives_reasons_of_the_table_only(tmp_path: Path) -> None:
    known = ", ".join(reason.code for reason in SCORED)
    with pytest.raises(ValidationError, match=f"'too_red'; known: {known}"):
        scored([tinted(20)], tmp_path, Redness(), reason="too_red")


def test_no_number_is_too_high(tmp_path: Path) -> None:
    [dropped] = scored([tinted(20)], tmp_path, unsure).dropped
    assert dropped.reason.code == "nsfw"


def test_a_scorer_that_does_not_work_stops_the_stage(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one score for each"):
        scored([tinted(20)], tmp_path, confused)


# evaluation sets


def evaluation_set(tmp_path: Path, seeds: Sequence[int]) -> str:
    folder = tmp_path / "evaluation" / "inside"
    folder.mkdir(parents=True)
    for seed in seeds:
        (folder / f"{seed}.png").write_bytes(encoded(scene(seed, 320, 240), "PNG"))
    return folder.parent.as_uri()


def test_copies_of_evaluation_images_are_dropped(tmp_path: Path) -> None:
    sets = [evaluation_set(tmp_path, [0, 1])]
    files = [encoded(scene(seed, 160, 120), quality=70) for seed in range(8)]
    output = filtered(files, tmp_path, evaluation_images=sets)
    assert [item.reason.code for item in output.dropped] == ["evaluation_image"] * 2
    assert sorted(output.tables["images"]["position"].to_pylist()) == [2, 3, 4, 5, 6, 7]
    assert not filtered(files, tmp_path).dropped


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    uri = evaluation_set(tmp_path, [0])
    (tmp_path / "evaluation" / "notes.txt").write_text("no picture")
    with pytest.raises(ConfigError, match=r"notes\.txt is not an image"):
        verdict(encoded(scene()), tmp_path, evaluation_images=[uri])


def embedded(files: list[bytes], tmp_path: Path, head: Any = None, **settings: Any) -> Output:
    inputs = parsed(files)
    images = filter_images.run(inputs, Config(), context(tmp_path)).tables["images"]
    both = inputs.tables | {("filter_images", "images"): [images]}
    config = embed_images.Config(batch_size=3, **settings).pinned()
    models = {"encoder": TinyEncoder(), "embed_images.scorers.0": head}
    around = context(tmp_path, model=models.__getitem__)
    return embed_images.run(FakeInputs(both, inputs.blobs), config, around)


def test_what_a_head_over_vectors_finds_unsafe_is_dropped(tmp_path: Path) -> None:
    files = [encoded(scene(seed)) for seed in range(4)]
    [worst] = TinyEncoder().encode_images([scene(2)])

    def head(vectors: np.ndarray) -> np.ndarray:
        return vectors @ worst

    scorer = {"model": "theirs", "max_score": 0.9999, "reason": "nsfw"}
    assert embed_images.Config(scorers=[scorer]).asked_models()["scorers.0"][0] == "vector_scorer"
    everything = embedded(files, tmp_path)
    output = embedded(files, tmp_path, head, scorers=[scorer])
    assert {item.reason.code for item in output.dropped} == {"nsfw"}
    assert output.dropped[0].detail.startswith("score ")
    kept = output.tables["images"]["position"].to_pylist()
    assert set(everything.tables["images"]["position"].to_pylist()) > set(kept)
    assert output.tables["vectors"].num_rows == len(kept)


def test_neighbours_of_evaluation_images_are_dropped(tmp_path: Path) -> None:
    """A mirrored copy has another hash, and here nearly the same vector as its evaluation twin."""
    mirrored = scene(0).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    folder = tmp_path / "evaluation"
    folder.mkdir()
    (folder / "a.png").write_bytes(encoded(mirrored, "PNG"))
    files = [encoded(mirrored, quality=50), *(encoded(scene(seed)) for seed in range(5))]
    vector = TinyEncoder().encode_images([mirrored]) * 7  # of any length
    np.save(tmp_path / "vectors.npy", vector.astype(np.float16))
    everything = embedded(files, tmp_path)
    assert everything.tables["vectors"].num_rows == 6
    for uri in (folder.as_uri(), (tmp_path / "vectors.npy").as_uri()):
        output = embedded(files, tmp_path, evaluation_images=[uri])
        [gone] = output.dropped
        images, vectors = output.tables["images"], output.tables["vectors"]
        assert gone.reason.code == "evaluation_image"
        assert float(gone.detail) > 0.95
        assert gone.id not in images["image_id"].to_pylist()
        assert sorted(images["position"].to_pylist()) == [1, 2, 3, 4, 5]
        assert images["image_id"].equals(vectors["image_id"])
    whole = dict(zip(*everything.tables["vectors"].to_pydict().values(), strict=True))
    for name, embedding in zip(*vectors.to_pydict().values(), strict=True):
        assert whole[name] == embedding
    assert not embedded(files, tmp_path, evaluation_images=[uri], evaluation_cosine=1.0).dropped


def test_vectors_of_another_encoder_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", np.ones((3, 5), dtype=np.float32))
    uri = (tmp_path / "vectors.npy").as_uri()
    with pytest.raises(ConfigError, match="64 numbers an image; make it anew"):
        embedded([encoded(scene())], tmp_path, evaluation_images=[uri])
