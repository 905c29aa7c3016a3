"""A page as it is written, and the truth about it."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin

from tests.web.templates.wording import Wording

Template = Callable[["Pen"], str]
Mark = Callable[[str], str]
VARIANTS = 5  # of each kind


@dataclass(frozen=True)
class Page:
    """A page: its markup, what a reader sees in it, and which of its pictures are its own."""

    kind: str
    number: int
    address: str
    html: str
    prose: tuple[str, ...]  # sentences and captions, as a reader reads them
    besides: tuple[str, ...]  # titles, data and the like: neither prose nor boilerplate
    pictures: tuple[frozenset[str], ...]  # of each its addresses, any of which is right
    decorations: frozenset[str]


@dataclass
class Pen:
    """Writes made-up words and pictures for a template, and notes what is true of them."""

    kind: str
    number: int
    address: str = ""
    marks: list[Mark] = field(default_factory=list)  # what prose has inside its sentences
    note: Callable[[int], str] | None = None  # a footnote's mark by number
    notes: int = 0

    def __post_init__(self) -> None:
        self.says = Wording(f"{self.kind}/{self.number}")
        self.random = self.says.random
        self.address = self.address or f"https://{self.kind.replace('_', '-')}.example/2021/page"
        self.marks = self.marks or [_link, _tag("em"), _tag("strong"), _tag("span"), _tag("b")]
        self.prose_said: list[str] = []
        self.besides_said: list[str] = []
        self.pictures: list[frozenset[str]] = []
        self.decorations: set[str] = set()

    def prose(self, low: int = 2, high: int = 4) -> str:
        """Write sentences with links, emphasis and footnote marks in them."""
        return " ".join(
            self._marked(self.sentence()) for _ in range(self.random.randint(low, high))
        )

    def sentence(self) -> str:
        """Write a sentence without markup; what comes back has to be escaped still."""
        text = self.says.sentence()
        self.prose_said.append(text)
        return text

    def plain(self) -> str:
        return escape(self.sentence())

    def exactly(self, markup: str, text: str) -> str:
        """Write prose of the template's own, which reads as `text`."""
        self.prose_said.append(text)
        return markup

    def caption(self) -> str:
        text = self.says.caption()
        self.prose_said.append(text)
        return escape(text)

    def title(self) -> str:
        return self.besides(self.says.title())

    def heading(self) -> str:
        return self.besides(self.says.heading())

    def besides(self, text: str) -> str:
        """Write what is neither prose nor boilerplate: titles, tables of data, code."""
        self.besides_said.append(text)
        return escape(text)

    def junk(self, kind: str) -> str:
        return escape(self.says.junk(kind))

    def other_title(self) -> str:
        """Write the title of another page."""
        return escape(self.says.title())

    def other_prose(self) -> str:
        """Write the teaser of another page."""
        return escape(self.says.sentence())

    def slug(self) -> str:
        words = self.says.heading().lower().replace("’", "").split()
        return "-".join(words) + f"-{self.random.randrange(1 << 16):04x}"

    def pictured(self, *addresses: str) -> str:
        """Note a picture of the page by all addresses that would be right; give the first."""
        self.pictures.append(frozenset(urljoin(self.address, each) for each in addresses))
        return addresses[0]

    def decoration(self, address: str) -> str:
        self.decorations.add(urljoin(self.address, address))
        return address

    def links(self, count: int, form: str = '<li><a href="/{low}">{name}</a></li>') -> str:
        """Write a menu's items."""
        names = self.says.menu(count)
        return "\n".join(form.format(name=name, low=name.lower()) for name in names)

    def _marked(self, text: str) -> str:
        words = [escape(word) for word in text.split()]
        mark = self.random.choice([*self.marks, None])
        if mark and len(words) > 6:
            start = self.random.randrange(1, len(words) - 4)
            end = start + self.random.randint(1, 3)
            words[start:end] = [mark(" ".join(words[start:end]))]
        if self.note and self.random.random() < 0.4:
            self.notes += 1
            words[-1] += self.note(self.notes)
        return " ".join(words)

    def page(self, markup: str) -> Page:
        return Page(
            self.kind,
            self.number,
            self.address,
            markup,
            tuple(self.prose_said),
            tuple(self.besides_said),
            tuple(self.pictures),
            frozenset(self.decorations),
        )


def escape(text: str) -> str:
    return html.escape(text, quote=False)


def _link(text: str) -> str:
    path = text.lower().strip("“”,.").replace(" ", "-")
    return f'<a href="/topic/{path}">{text}</a>'


def _tag(name: str) -> Mark:
    return lambda text: f"<{name}>{text}</{name}>"


def written(templates: dict[str, Template]) -> list[Page]:
    """Write all variants of these kinds."""
    pages = []
    for kind, template in sorted(templates.items()):
        for number in range(VARIANTS):
            pen = Pen(kind, number)
            pages.append(pen.page(template(pen)))
    return pages
