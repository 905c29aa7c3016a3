"""What goes to a torch device and comes back from it, without either side waiting for the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Leaving:
    """Rows on their way from a device."""

    rows: Any
    event: Any = None

    def arrived(self) -> NDArray[np.float32]:
        """Wait for them, and for nothing that the device was given later."""
        if self.event is not None:
            self.event.synchronize()
        rows: NDArray[np.float32] = self.rows.numpy()
        return rows


class Device:
    """A torch device; a CUDA device copies what comes next while it computes."""

    def __init__(self, name: str) -> None:
        import torch

        cuda: Any = torch.cuda
        self._name = name
        self._cuda = cuda if name.startswith("cuda") else None
        self._copies = cuda.Stream(name) if self._cuda else None

    def sent(self, host: Any) -> Any:
        """Give a tensor of the host's on the device; it is read later if it lies in pinned memory.

        What is computed from here on waits for the copy; what was given before does not.
        """
        if not self._cuda:
            return host.to(self._name)
        computing = self._cuda.current_stream(self._name)
        with self._cuda.stream(self._copies):
            there = host.to(self._name, non_blocking=True)
        computing.wait_stream(self._copies)
        there.record_stream(computing)
        return there

    def leaving(self, rows: Any) -> Leaving:
        """Send float32 rows to the host, behind what they are computed from."""
        if not self._cuda:
            return Leaving(rows.float().cpu())
        there = rows.float().to("cpu", non_blocking=True)
        event = self._cuda.Event()
        event.record(self._cuda.current_stream(self._name))
        return Leaving(there, event)
