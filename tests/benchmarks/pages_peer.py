"""Read pages with another extractor, run with the Python that has it; prints what it took."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from xml.etree import ElementTree

Read = Callable[[str], tuple[list[str], list[str]]]  # markup -> blocks, pictures' addresses
BLOCKS = {"p", "head", "item", "cell", "quote", "code"}


def main() -> None:
    peer, path, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3])
    pages = json.loads(Path(path).read_text())
    read = READERS[peer]()
    read(pages[0])  # what loads at the first call is not timed
    times = []
    for _ in range(repeats):
        started = process_time()
        readings = [read(page) for page in pages]
        times.append(process_time() - started)
    print(json.dumps({"cpu": sorted(times)[repeats // 2], "readings": readings}))


def _resiliparse() -> Read:
    from resiliparse.extract.html2text import extract_plain_text

    def read(page: str) -> tuple[list[str], list[str]]:
        text = extract_plain_text(page, main_content=True)
        return [line for line in text.split("\n") if line.strip()], []

    return read


def _trafilatura() -> Read:
    from trafilatura import extract

    def read(page: str) -> tuple[list[str], list[str]]:
        found = extract(page, output_format="xml", include_comments=False, include_images=True)
        if not found:
            return [], []
        root = ElementTree.fromstring(found)
        blocks = [
            "".join(element.itertext())
            for element in root.iter()
            if element.tag in BLOCKS and not any(inner.tag in BLOCKS for inner in element)
        ]
        return blocks, [image.get("src", "") for image in root.iter("graphic")]

    return read


READERS: dict[str, Callable[[], Read]] = {
    "resiliparse": _resiliparse,
    "trafilatura": _trafilatura,
}

if __name__ == "__main__":
    main()
