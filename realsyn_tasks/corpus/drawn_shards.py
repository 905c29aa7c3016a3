"""Some shards of a table that is too large to be read as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from realsyn_tasks.core.stage import Piece
from realsyn_tasks.vectors.hash_order import row_order


def drawn_shards(pieces: Sequence[Piece], most: int, seed: int) -> Sequence[Piece]:
    """Draw shards at random until they hold so many rows; all of them where they hold no more.

    In order. The last one drawn may have some rows too many.
    """
    if sum(piece.rows for piece in pieces) <= most:
        return pieces
    order = np.argsort(row_order(len(pieces), seed))
    rows = np.cumsum([pieces[number].rows for number in order])
    drawn = order[: int(np.searchsorted(rows, most)) + 1]
    return [pieces[number] for number in np.sort(drawn)]
