"""Choose the pivots around which near-duplicates are looked for (paper §3.1, how is not said).

Two near-duplicates have nearly the same nearest pivots, so it is enough to compare items that
share one of their nearest. Below `per_pivot` items there is one pivot and every pair is compared.

There is a pivot for every `per_pivot` items, until only LEAST_PER_PIVOT items of the sample are
left for each; of more items than that neighbourhoods grow, and are cut into sections where they are
compared (link_neighbours). No more than `max_read` items' vectors are read, and `max_sample` held
(0.8 GB of 1,024 dimensions). Of 15,000 pairs planted at a cosine of .97 among 100,000 image-like
vectors of 256 dimensions two pivots an item find .997 with 64 items of the sample for each of 50
pivots, .996 with 6; of 500 pivots .993 and .988. Of pairs at .90 to .99 they find .988 and .987.

The pivots of the newest generation are kept while they serve. Then what is keyed of the corpus
stays as it is: it is the index of what older generations hold, to which each crawl adds its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pydantic import Field

from realsyn_tasks.core import tables
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.stage import Context, Inputs, Output, Piece, StageConfig
from realsyn_tasks.corpus.drawn_shards import drawn_shards
from realsyn_tasks.extract import schemas
from realsyn_tasks.extract.neighbours import KINDS, Kind, Vectors, pivots_of
from realsyn_tasks.vectors import kmeans
from realsyn_tasks.vectors.hash_order import bottom_k, hash_order

LEAST_PER_PIVOT = 6  # items of the sample
_COMPARED = 1000  # items whose nearest pivots are looked up among all
Pieces = Sequence[Piece]


class Config(StageConfig):
    """How large neighbourhoods are; ours, measured for recall."""

    per_pivot: int = Field(default=2000, ge=1)  # items
    sample_per_pivot: int = Field(default=64, ge=1)  # items that a pivot is fitted to, at most
    max_sample: int = Field(default=200_000, ge=1)  # items held in memory
    max_read: int = Field(default=1_000_000, ge=1)  # of more items some shards are read
    iterations: int = Field(default=3, ge=0)
    # Pivots of an older generation, by content, are kept until the bound is passed.
    frozen: str = ""  # digest of that fit; opening an extract fills it in
    refit_growth: float = Field(default=4.0, ge=1)  # pivots of a fit now, in times of those kept


def run(inputs: Inputs, config: Config, context: Context) -> Output:
    """Give pivots for images and for sentences: kept ones, or fitted to crawl and corpus.

    Raises ConfigError where the pivots to be kept are gone.
    """
    pieces = {kind: _pieces(inputs, kind) for kind in KINDS}
    pivots = _frozen(inputs, config.frozen) if config.frozen else {}
    keep = bool(pivots) and all(_serve(pivots[kind], pieces[kind], config) for kind in KINDS)
    measures = {"kept_pivots": float(keep)}
    if not keep:
        for kind in KINDS:
            pivots[kind], agreement = _fitted(pieces[kind], kind, config, context.seed)
            measures |= {f"{kind.name}_agreement": agreement} if agreement < 1 else {}
    measures |= {f"{kind.name}_pivots": float(len(pivots[kind])) for kind in KINDS}
    table = pa.concat_tables([_table(kind, pivots[kind]) for kind in KINDS])
    return Output(tables={"pivots": table}, measures=measures)


def _frozen(inputs: Inputs, content: str) -> dict[Kind, Vectors]:
    earlier = inputs.earlier_fit(content)
    if earlier is None:
        raise ConfigError(
            "the pivots that this extract was to keep are gone, or others than when it was opened:"
            " open it again, and it looks for others"
        )
    return {kind: pivots_of(earlier["pivots"], kind) for kind in KINDS}


def _serve(pivots: Vectors, pieces: Pieces, config: Config) -> bool:
    """Say whether there are still enough pivots for all items of a kind."""
    return _wanted(_count(pieces), config) <= config.refit_growth * len(pivots)


def _wanted(count: int, config: Config) -> int:
    """Say how many pivots are fitted to so many items."""
    sampled = min(count, config.max_sample)
    most = sampled // min(LEAST_PER_PIVOT, config.sample_per_pivot, config.per_pivot)
    return max(1, min(-(-count // config.per_pivot), most)) if count else 0


def _pieces(inputs: Inputs, kind: Kind) -> Pieces:
    """Give the shards' items, of the crawl and then of the corpus."""
    return [*inputs.pieces(kind.vectors, "vectors"), *inputs.pieces("corpus", kind.table)]


def _count(pieces: Pieces) -> int:
    return sum(piece.rows for piece in pieces)


def _fitted(pieces: Pieces, kind: Kind, config: Config, seed: int) -> tuple[Vectors, float]:
    """Fit the (k, d) pivots of a kind to a seeded sample; none without items.

    Say of which share of the sample the nearest pivots are found, too.
    """
    pivots = _wanted(_count(pieces), config)
    if not pivots:
        return np.zeros((0, 0), dtype=np.float32), 1.0
    size = min(pivots * config.sample_per_pivot, config.max_sample)
    sample = _sample(drawn_shards(pieces, config.max_read, seed), kind, size, seed)
    fitted = kmeans.fit(sample, pivots, iterations=config.iterations, seed=seed)
    nearest = kmeans.Nearest.of(fitted)
    return fitted, nearest.agreement(sample[:_COMPARED], 2) if len(nearest.heads) else 1.0


def _sample(pieces: Pieces, kind: Kind, most: int, seed: int) -> Vectors:
    """Read the vectors of the items of the smallest hashes, in that order."""
    hashes = [hash_order(piece.read([kind.id])[kind.id].to_pylist(), seed) for piece in pieces]
    places = np.repeat(np.arange(len(pieces)), [len(some) for some in hashes])
    chosen = bottom_k(np.concatenate(hashes), most)
    rows = chosen - np.concatenate([[0], np.cumsum([len(some) for some in hashes])])[places[chosen]]
    sample = np.zeros((0, 0), dtype=np.float32)
    for number, piece in enumerate(pieces):
        mine = np.flatnonzero(places[chosen] == number)
        if len(mine):
            some = tables.taken(piece.read(["embedding"]), rows[mine])
            vectors = tables.vectors_of(some)
            sample = (
                sample if sample.size else np.empty((len(chosen), vectors.shape[1]), np.float32)
            )
            sample[mine] = vectors
    return sample


def _table(kind: Kind, pivots: Vectors) -> pa.Table:
    columns = {
        "kind": [kind.name] * len(pivots),
        "pivot": np.arange(len(pivots), dtype=np.int32),
        "embedding": pivots,
    }
    return tables.build(schemas.PIVOTS, columns)
