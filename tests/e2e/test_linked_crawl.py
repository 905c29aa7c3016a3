"""A crawl of addresses only: parsed, fetched from a server, filtered, gated and promoted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from realsyn_tasks.core import ids
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.corpus.generations import generations
from realsyn_tasks.pictures.pixels import read_at
from realsyn_tasks.quality.statistics import statistics
from realsyn_tasks.runs.opening import open_extract
from tests.crawls import picture
from tests.e2e.test_pipeline import CHOICES, finish
from tests.fetching.server import HostileServer, answer, running
from tests.prose import TOPICS

FETCH = {"contact": "a@b.example", "host_delay": 0.0, "allowed_networks": ["127.0.0.0/8"]}


def row(number: int, url: str) -> dict[str, Any]:
    title, _, paragraphs = TOPICS[number % len(TOPICS)]
    return {
        "images": [None, url, None],
        "texts": [paragraphs[0], None, "\n\n".join(paragraphs[1:])],
        "metadata": json.dumps([None, {"alt_text": title}, None]),
        "general_metadata": json.dumps({"url": f"https://pages.example/{number}"}),
    }


def test_images_known_by_address_reach_the_corpus(tmp_path: Path) -> None:
    (tmp_path / "crawl").mkdir()
    with running(HostileServer()) as server:
        server.paths |= {f"/{n}.jpg": answer(picture(n)) for n in range(10)}
        urls = [f"http://127.0.0.1:{server.port}/{n}.jpg" for n in range(12)]
        table = pa.Table.from_pylist([row(n, url) for n, url in enumerate(urls)])
        pq.write_table(table, tmp_path / "crawl" / "a.parquet")
        choices = CHOICES.model_copy(update={"stages": {**CHOICES.stages, "fetch": FETCH}})
        root = str(tmp_path / "root")
        workspace = open_extract(root, str(tmp_path / "crawl"), "web", choices)
        assert finish(workspace, "extract")["images"] == 10
    [generation] = generations(workspace.storage)
    [shard] = generation.shards
    with workspace.storage.open(shard.objects["pixels"].path) as pixels:
        for image in pq.read_table(tmp_path / "root" / shard.objects["images"].path).to_pylist():
            data = read_at(pixels, image["offset"], image["length"])
            assert ids.image_id(data) == image["image_id"] and image["url"] in urls
    found = statistics(Evidence(workspace, "extract"))
    assert (found["images_in"], found["images_unaccounted"]) == (12, 0)
    assert found["images_share_http_status"] == 2 / 12
