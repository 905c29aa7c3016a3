"""Print how well readers read the template pages: `python -m tests.web.templates [KIND]`.

With a kind, print what of its pages is missed and what is taken besides.
"""

from __future__ import annotations

import sys
from time import process_time

from tests.web.templates import perturbed
from tests.web.templates.development import TEMPLATES as DEVELOPMENT
from tests.web.templates.held_out import TEMPLATES as HELD_OUT
from tests.web.templates.measures import Measures, Reader, Reading, boilerplate, measured, product
from tests.web.templates.pen import Page, written

SETS = {"development": DEVELOPMENT, "held out": HELD_OUT}


def main() -> None:
    if sys.argv[1:]:
        _tell(sys.argv[1])
        return
    _head()
    pages = {name: written(templates) for name, templates in SETS.items()}
    for name, own in pages.items():
        for kind, templates in (
            (name, own),
            (f"{name}, hashed", [perturbed.hashed(page) for page in own]),
            (f"{name}, wrapped", [perturbed.wrapped(page) for page in own]),
        ):
            _line(kind, templates, product)
            _line(f"  {kind}: resiliparse", templates, resiliparse)
    for kind in sorted(DEVELOPMENT):
        _line(f"  {kind}", [page for page in pages["development"] if page.kind == kind], product)
    for kind in sorted(HELD_OUT):
        _line(f"  {kind}", [page for page in pages["held out"] if page.kind == kind], product)


def resiliparse(page: Page) -> Reading:
    """Read a page as another extractor does, which gives no pictures."""
    from resiliparse.extract.html2text import extract_plain_text

    text = extract_plain_text(page.html, main_content=True)
    return Reading(tuple(block for block in text.split("\n") if block.strip()))


def _head() -> None:
    names = ("recall", "intact", "boiler", "pictures", "wrong", "ms/page")
    print(f"{'':44}" + "".join(f"{name:>9}" for name in names))


def _line(name: str, pages: list[Page], reader: Reader) -> None:
    started = process_time()
    for page in pages:
        reader(page)
    spent = (process_time() - started) / max(len(pages), 1)
    shares = _shares(measured(pages, reader))
    print(f"{name:44}" + "".join(f"{share:9.3f}" for share in (*shares, 1000 * spent)))


def _shares(of: Measures) -> tuple[float, ...]:
    return of.recall, of.intact, of.boilerplate, of.pictures, of.wrong


def _tell(kind: str) -> None:
    pages = written({kind: (DEVELOPMENT | HELD_OUT)[kind]})
    for line in measured(pages).missed:
        print("missed ", line)
    for page in pages:
        reading = product(page)
        for text in boilerplate(page, reading):
            print("besides", f"{page.kind}/{page.number}: {text}")
        for right in page.pictures:
            if right.isdisjoint(measured_addresses(page, reading)):
                print("no picture", f"{page.kind}/{page.number}:", *sorted(right)[:2])


def measured_addresses(page: Page, reading: Reading) -> set[str]:
    from urllib.parse import urljoin

    return {urljoin(page.address, address) for address in reading.pictures}


if __name__ == "__main__":
    main()
