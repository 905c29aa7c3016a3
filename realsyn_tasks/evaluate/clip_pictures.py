"""Pictures as a CLIP in training sees them: a part of each, now and then mirrored, of one size."""

from __future__ import annotations

import numpy as np
from PIL import Image

from realsyn_tasks.core.errors import PermanentError
from realsyn_tasks.evaluate.clip_lessons import Lesson, drawn
from realsyn_tasks.evaluate.clip_training import Training
from realsyn_tasks.pictures.pixels import BROKEN, decode

TRIES = 10  # at a part that fits, as torchvision has it
Box = tuple[float, float, float, float]


def seen(lesson: Lesson, size: tuple[int, int], training: Training, seed: int) -> Image.Image:
    """Give what is seen of a picture in an epoch, RGB of `size` (width, height), bilinear.

    The part is drawn by seed, epoch and key, whichever thread makes it. Raises PermanentError for
    what cannot be decoded, which a published version does not have.
    """
    try:
        picture = decode(lesson.picture)
    except BROKEN as error:
        raise PermanentError(
            f"the picture of pair {lesson.key} cannot be decoded ({error}); `realsyn verify` says"
            " whether the version is as it was published"
        ) from error
    chance = drawn(seed, "part", lesson.epoch, lesson.key)
    box = part(picture.size, training.crop_area, training.crop_aspect, chance)
    made = picture.resize(size, Image.Resampling.BILINEAR, box=box)
    mirrored = chance.random() < training.flipped
    return made.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else made


def part(
    size: tuple[int, int],
    area: tuple[float, float],
    aspect: tuple[float, float],
    chance: np.random.Generator,
) -> Box:
    """Draw a part of a picture (left, top, right, bottom; px): its area and aspect evenly.

    The aspect is even in its logarithm. Where nothing drawn fits, it is the middle, as far as its
    aspect goes: as torchvision's RandomResizedCrop does it.
    """
    width, height = size
    for _ in range(TRIES):
        pixels = width * height * chance.uniform(*area)
        ratio = float(np.exp(chance.uniform(*np.log(aspect))))
        across, down = round((pixels * ratio) ** 0.5), round((pixels / ratio) ** 0.5)
        if 0 < across <= width and 0 < down <= height:
            left = int(chance.integers(width - across + 1))
            top = int(chance.integers(height - down + 1))
            return left, top, left + across, top + down
    ratio = min(max(width / height, aspect[0]), aspect[1])
    wide, high = min(width, height * ratio), min(height, width / ratio)
    middle = (width - wide) / 2, (height - high) / 2
    return *middle, middle[0] + wide, middle[1] + high
