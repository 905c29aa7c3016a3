"""Pictures and what pages show in their place: photographs, drawings, placeholders, icons, blanks.

Each family gives another picture for every seed, as an RGB image and what it should be taken for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZES = ((400, 300), (300, 400), (640, 480), (240, 180), (800, 600))
WORDS = ("no image", "No Image Available", "image coming soon", "?", "400 x 300", "loading...")


@dataclass(frozen=True)
class Shown:
    """A picture of a family."""

    family: str
    seed: int
    image: Image.Image


def _size(dice: np.random.Generator) -> tuple[int, int]:
    return SIZES[int(dice.integers(len(SIZES)))]


def _grained(image: Image.Image, dice: np.random.Generator, sigma: float) -> Image.Image:
    pixels = np.asarray(image, dtype=np.float64)
    grain = dice.normal(0, sigma, (*pixels.shape[:2], 1))
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))


def fog(dice: np.random.Generator) -> Image.Image:
    """A boat that can hardly be seen."""
    size, light = _size(dice), int(dice.integers(150, 230))
    image = Image.new("RGB", size, (light, light, light + 5))
    x, y = size[0] * dice.uniform(0.2, 0.6), size[1] * dice.uniform(0.3, 0.6)
    dark = light - int(dice.integers(7, 12))
    box = (x, y, x + size[0] * dice.uniform(0.2, 0.35), y + size[1] * 0.2)
    ImageDraw.Draw(image).rectangle(box, fill=(dark, dark, dark))
    return _grained(image.filter(ImageFilter.GaussianBlur(2)), dice, dice.uniform(1.0, 2.0))


def moon(dice: np.random.Generator) -> Image.Image:
    """A shaded disc in a black sky."""
    size = _size(dice)
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    radius = min(size) * dice.uniform(0.06, 0.3)
    cx, cy = size[0] * dice.uniform(0.3, 0.7), size[1] * dice.uniform(0.3, 0.7)
    inside = np.hypot(x - cx, y - cy) < radius
    seas = 25 * np.sin(x / radius * 5) * np.cos(y / radius * 4 + dice.uniform(0, 6))
    light = np.where(inside, 190 + seas - 60 * (x - cx) / radius, 0)
    light = light + dice.normal(0, 3, light.shape) * inside
    return Image.fromarray(light.clip(0, 255).astype(np.uint8)).convert("RGB")


def stars(dice: np.random.Generator) -> Image.Image:
    """Points of light all over a black sky."""
    size = _size(dice)
    pixels = np.zeros((size[1], size[0]), dtype=np.uint8)
    count = int(size[0] * size[1] / dice.integers(400, 1200))
    rows, columns = dice.integers(0, size[1], count), dice.integers(0, size[0], count)
    pixels[rows, columns] = dice.integers(120, 256, count)
    return Image.fromarray(pixels).convert("RGB")


def landscape(dice: np.random.Generator) -> Image.Image:
    """Soft colours with grain."""
    small = dice.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    image = Image.fromarray(small).resize(_size(dice), Image.Resampling.BICUBIC)
    return _grained(image, dice, 3)


def product(dice: np.random.Generator) -> Image.Image:
    """A shaded thing on pure white."""
    size = _size(dice)
    image = Image.new("RGB", size, "white")
    small = dice.integers(30, 220, (3, 3, 3), dtype=np.uint8)
    side = int(min(size) * dice.uniform(0.25, 0.6))
    thing = _grained(Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC), dice, 2)
    image.paste(thing, ((size[0] - side) // 2, (size[1] - side) // 2))
    return image


def snow(dice: np.random.Generator) -> Image.Image:
    """A bright slope with a dark tree or two."""
    size = _size(dice)
    image = Image.new("RGB", size, (244, 246, 250))
    pen = ImageDraw.Draw(image)
    for _ in range(int(dice.integers(1, 4))):
        x, y = size[0] * dice.uniform(0.1, 0.9), size[1] * dice.uniform(0.3, 0.8)
        tall = size[1] * dice.uniform(0.08, 0.2)
        pen.polygon([(x, y - tall), (x - tall / 3, y), (x + tall / 3, y)], fill=(60, 70, 60))
    return _grained(image, dice, 2)


def stick_figure(dice: np.random.Generator) -> Image.Image:
    """A small figure of thin lines on a white sheet."""
    size = _size(dice)
    image = Image.new("RGB", size, "white")
    pen, x, y = ImageDraw.Draw(image), size[0] * dice.uniform(0.35, 0.6), size[1] * 0.45
    r, width = size[1] * dice.uniform(0.08, 0.14), int(dice.integers(1, 4))
    pen.ellipse((x - r, y - 2 * r, x + r, y), outline="black", width=width)
    pen.line((x, y, x, y + 2 * r), fill="black", width=width)
    for side in (-1, 1):
        pen.line((x, y + r / 2, x + side * r, y + 1.5 * r), fill="black", width=width)
        pen.line((x, y + 2 * r, x + side * r, y + 3.2 * r), fill="black", width=width)
    return image


def chart(dice: np.random.Generator) -> Image.Image:
    """A curve between two axes."""
    size = _size(dice)
    image = Image.new("RGB", size, "white")
    pen, (w, h) = ImageDraw.Draw(image), size
    pen.line((w * 0.1, h * 0.1, w * 0.1, h * 0.9, w * 0.95, h * 0.9), fill="black", width=2)
    waves, phase = dice.uniform(1, 4), dice.uniform(0, 6)
    points = [
        (w * (0.1 + 0.84 * n / 99), h * (0.5 - 0.3 * math.sin(waves * n / 16 + phase)))
        for n in range(100)
    ]
    pen.line(points, fill=(30, 60, 180), width=int(dice.integers(1, 4)))
    return image


def plan(dice: np.random.Generator) -> Image.Image:
    """Rooms of thin walls on a white sheet."""
    size = _size(dice)
    image = Image.new("RGB", size, "white")
    pen, (w, h) = ImageDraw.Draw(image), size
    pen.rectangle((w * 0.15, h * 0.15, w * 0.85, h * 0.85), outline="black", width=2)
    for _ in range(int(dice.integers(2, 5))):
        x, y = w * dice.uniform(0.2, 0.8), h * dice.uniform(0.2, 0.8)
        pen.line((x, h * 0.15, x, h * 0.85), fill="black", width=2)
        pen.line((w * 0.15, y, w * 0.85, y), fill="black", width=2)
    return image


def _greys(dice: np.random.Generator) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    ground = int(dice.integers(205, 256))
    sign = ground - int(dice.integers(25, 110))
    return (ground, ground, ground), (sign, sign, sign)


def words(dice: np.random.Generator) -> Image.Image:
    """A few words in the middle of one grey."""
    size, (ground, sign) = _size(dice), _greys(dice)
    image = Image.new("RGB", size, ground)
    font = ImageFont.load_default(size[1] * dice.uniform(0.06, 0.12))
    middle = (size[0] / 2, size[1] / 2)
    text = WORDS[int(dice.integers(len(WORDS)))]
    ImageDraw.Draw(image).text(middle, text, fill=sign, font=font, anchor="mm")
    return image


def sign(dice: np.random.Generator) -> Image.Image:
    """The sign of a picture, hills and a sun in a frame, in two greys."""
    size, (ground, shade) = _size(dice), _greys(dice)
    image = Image.new("RGB", size, ground)
    pen, (w, h) = ImageDraw.Draw(image), size
    half = min(w, h) * dice.uniform(0.12, 0.25)
    left, top, right, bottom = w / 2 - half, h / 2 - half * 0.8, w / 2 + half, h / 2 + half * 0.8
    pen.rectangle((left, top, right, bottom), outline=shade, width=max(2, int(half / 10)))
    pen.ellipse((left + half * 0.3, top + half * 0.3, left + half * 0.7, top + half * 0.7), shade)
    hills = [(left, bottom), (w / 2 - half * 0.3, h / 2), (w / 2, bottom - half * 0.4)]
    pen.polygon([*hills, (w / 2 + half * 0.5, h / 2 - half * 0.3), (right, bottom)], fill=shade)
    return image


def person(dice: np.random.Generator) -> Image.Image:
    """The head and shoulders of nobody, in two greys."""
    size, (ground, shade) = _size(dice), _greys(dice)
    image = Image.new("RGB", size, ground)
    pen, (w, h) = ImageDraw.Draw(image), size
    r = min(w, h) * dice.uniform(0.12, 0.2)
    pen.ellipse((w / 2 - r, h / 2 - 1.6 * r, w / 2 + r, h / 2 + 0.4 * r), fill=shade)
    pen.ellipse((w / 2 - 2 * r, h / 2 + 0.6 * r, w / 2 + 2 * r, h / 2 + 4 * r), fill=shade)
    return image


def one_colour(dice: np.random.Generator) -> Image.Image:
    """Nothing."""
    return Image.new("RGB", _size(dice), tuple(dice.integers(0, 256, 3).tolist()))


def grain(dice: np.random.Generator) -> Image.Image:
    """Nothing but noise."""
    light = int(dice.integers(20, 235))
    return _grained(Image.new("RGB", _size(dice), (light, light, light)), dice, 1.5)


PICTURES = (fog, moon, stars, landscape, product, snow, stick_figure, chart, plan)
PHOTOGRAPHS = (fog, moon, landscape, product, snow)
PLACEHOLDERS = (words, sign, person)
BLANKS = (one_colour, grain)


def shown(
    families: tuple[Callable[[np.random.Generator], Image.Image], ...], count: int
) -> Iterator[Shown]:
    """Give so many pictures of each family."""
    for family in families:
        for seed in range(count):
            yield Shown(family.__name__, seed, family(np.random.default_rng(seed)))
