"""Where each page is, with something on it, in the root of a build over a corpus."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pyarrow.parquet as pq

PAGES = ("root", "build", "shards", "gate", "pairs", "pair", "map", "versions", "evaluations")


def addresses(site: str, root: Path) -> dict[str, str]:
    """Give the address of every page, by its name."""
    [build] = sorted((root / "builds").iterdir())
    version = sorted(path.parent for path in root.glob("datasets/*/*/manifest.json"))[-1]
    named = {"version": f"{version.parent.name}/{version.name}"}
    more = {
        "build": {"build": build.as_uri()},
        "shards": {"build": build.as_uri()},
        "gate": {"build": build.as_uri(), "group": "sample"},
        "pairs": named,
        "pair": {"id": image_of(version), **named},
        "map": named,
        "versions": {},
        "evaluations": {"evaluation": "heads-made-up"},
        "root": {},
    }
    return {
        name: f"{site}#/{name}?{urlencode({'root': str(root), **more[name]})}" for name in PAGES
    }


def image_of(version: Path) -> str:
    """Give the id of a picture that was published."""
    shard = sorted(version.glob("data/*.parquet"))[0]
    return str(pq.read_table(shard, columns=["image_id"])["image_id"][0].as_py())
