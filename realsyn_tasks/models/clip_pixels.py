"""Pictures as open_clip's models see them, made by threads ahead of the device.

Threads decode, resize and crop as the model's own preprocessing does; eight bits a colour go to the
device, a quarter of what floats take, and become float32 there by the same operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from realsyn_tasks.models.ahead import batched
from realsyn_tasks.pictures.pixels import on_white

Picture = Callable[[], Image.Image]  # decodes it


@dataclass(frozen=True)
class Pixels:
    """A batch in the making: uint8 (n, height, width, 3), rows of which threads are filling."""

    rows: Any
    made: list[Future[None]]

    def ready(self) -> Any:
        """Wait for all rows; raises what decoding raised."""
        for row in self.made:
            row.result()
        return self.rows


class Preprocessing:
    """open_clip's transforms of one model, in two halves: pictures to eight bits, those to floats.

    Both halves together give the bits of the whole.
    """

    def __init__(self, transforms: Any, device: str, precision: str) -> None:
        import torch

        self.transforms = transforms
        *self._of_picture, _, normalise = transforms.transforms
        self._mean, self._std = (
            torch.as_tensor(part, dtype=torch.float32).view(-1, 1, 1).to(device)
            for part in (normalise.mean, normalise.std)
        )
        kinds = {"bf16": torch.bfloat16, "fp16": torch.float16}
        self.kind = kinds.get(precision, torch.float32)
        self._pinned = device.startswith("cuda")
        self._shape = np.asarray(self._eight_bits(Image.new("RGB", (8, 8)))).shape

    def batches(
        self, pictures: Iterable[Picture], size: int, pool: ThreadPoolExecutor
    ) -> Iterator[Pixels]:
        """Give batches which a pool has begun to make, in order."""
        import torch

        for batch in batched(pictures, size):
            rows = torch.empty(
                (len(batch), *self._shape), dtype=torch.uint8, pin_memory=self._pinned
            )
            made = [
                pool.submit(self._fill, rows, row, picture) for row, picture in enumerate(batch)
            ]
            yield Pixels(rows, made)

    def _fill(self, rows: Any, row: int, picture: Picture) -> None:
        import torch

        rows[row] = torch.from_numpy(np.array(self._eight_bits(picture())))

    def _eight_bits(self, picture: Image.Image) -> Image.Image:
        seen = on_white(picture)
        for transform in self._of_picture:
            seen = transform(seen)
        return seen

    def floats(self, rows: Any) -> Any:
        """Give (n, 3, height, width) on the device of the rows, normalised, as the model wants."""
        import torch

        planes = rows.permute(0, 3, 1, 2).contiguous().to(torch.float32)
        return planes.div_(255).sub_(self._mean).div_(self._std).to(self.kind)
