"""What the records of a WARC file say of addresses: answers, visits again, ways elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from realsyn_tasks.formats.documents import BadRecord
from realsyn_tasks.web.sniffing import is_page, picture_type


@dataclass(frozen=True)
class Response:
    """A response as the server sent it, its body decoded. `headers` have lower-case names."""

    offset: int
    url: str
    status: int
    media_type: str
    charset: str
    headers: dict[str, str]
    cut: bool  # only the beginning is there
    body: bytes
    date: str = ""  # of the capture, ISO 8601
    digest: str = ""  # of the payload as the crawler states it, algorithm:hex; "" if it doesn't
    record: str = ""  # the record's own name

    @cached_property
    def is_page(self) -> bool:
        """Say whether a browser would show this as a page."""
        return is_page(self.body, self.media_type)

    @cached_property
    def is_image(self) -> bool:
        """Say whether this is a picture: by its bytes or, where they say nothing, by its label."""
        known = self.picture_type or self.media_type.startswith("image/")
        return bool(known) and not self.is_page

    @cached_property
    def picture_type(self) -> str:
        """Give the media type of a picture by its bytes, "" if there is none."""
        return picture_type(self.body)


@dataclass(frozen=True)
class Revisit:
    """An address that gave what had been stored before: under `original`, or with that digest.

    `original` is `url` itself where no other is named; `digest` is as that of a response, "" if
    none is stated; `original_record` names the record that it was stored in and `original_date`
    the time, if that is stated. `record` and `date` are the visit's own.
    """

    offset: int
    url: str
    original: str
    digest: str = ""
    original_record: str = ""
    original_date: str = ""
    record: str = ""
    date: str = ""


@dataclass(frozen=True)
class Moved:
    """An address that leads to another one: `target` is absolute, as the server's Location says."""

    offset: int
    url: str
    target: str
    status: int = 301


Item = Response | Revisit | Moved | BadRecord
