"""What a record of a WARC file holds: an answer, a visit again, a way elsewhere, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.formats import reasons
from realsyn_tasks.formats.documents import BadRecord, Limits
from realsyn_tasks.formats.warc_blocks import Raw
from realsyn_tasks.formats.warc_headers import answer, content_type, digest, is_of
from realsyn_tasks.formats.warc_items import Item, Moved, Response, Revisit
from realsyn_tasks.web.addresses import join
from realsyn_tasks.web.codings import Decoded, decoded
from realsyn_tasks.web.sniffing import is_page

_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?)?)?")
_REDIRECTS = (301, 302, 303, 307, 308)
_ANSWERS = ("response", "resource", "revisit")
_SAYS_NOTHING = ("warcinfo", "request")  # of who crawled, and what for
_WEB = ("http:", "https:", "file:")


class Answers:
    """Tells what the records of one file hold."""

    def __init__(self, path: str, limits: Limits) -> None:
        self.path, self.limits = path, limits

    def of(self, raw: Raw) -> Iterator[Item]:
        """Give what a record holds: at most one item, beside what is told of it."""
        if raw.told:
            yield BadRecord(self.path, raw.offset, raw.told.reason, raw.told.detail)
            if raw.told.reason is reasons.WRONG_DIGEST and self.limits.wrong_digest == "drop":
                return
        kind, url = raw.field("warc-type").lower(), raw.field("warc-target-uri").strip("<> ")
        if kind in _SAYS_NOTHING:
            return
        if kind not in _ANSWERS or not url.lower().startswith(_WEB):
            yield BadRecord(self.path, raw.offset, reasons.NO_ANSWER, f"{kind} {url}"[:120])
            return
        try:
            if kind == "revisit":
                yield _moved_again(raw, url) or _revisit(raw, url)
            else:
                yield from self._answers(raw, kind, url)
        except Refused as problem:
            yield BadRecord(self.path, raw.offset, problem.verdict.reason, problem.verdict.detail)

    def _answers(self, raw: Raw, kind: str, url: str) -> Iterator[Item]:
        is_http = kind == "response" and not url.lower().startswith("file:")
        given = answer(raw.block) if is_http else None
        payload = given.body if given else raw.block
        headers = given.headers if given else {"content-type": raw.field("content-type")}
        status = given.status if given else 200
        media_type, charset = content_type(headers.get("content-type", ""))
        cut = bool(raw.field("warc-truncated"))
        body = Decoded(b"")
        if status == 200:
            body = self._body(payload, headers if given else {})
        stated = digest(raw.field("warc-payload-digest"))
        if stated and not cut and _is_stale(raw, stated, payload, body.data):
            yield BadRecord(self.path, raw.offset, reasons.WRONG_DIGEST, "of the payload")
            if self.limits.wrong_digest == "drop":
                return
        moved = _moved(raw, url, status, headers)
        if moved:
            yield moved
            return
        yield Response(
            raw.offset,
            url,
            status,
            media_type,
            charset,
            headers,
            cut or body.cut,
            body.data,
            _date(raw.field("warc-date")),
            stated,
            raw.field("warc-record-id"),
        )

    def _body(self, payload: bytes, headers: dict[str, str]) -> Decoded:
        names = [headers.get(name, "") for name in ("content-encoding", "transfer-encoding")]
        codings = ", ".join(filter(None, names))
        pages, others = self.limits.page_bytes, self.limits.image_bytes
        body = decoded(payload, codings, max(pages, others))
        label = content_type(headers.get("content-type", ""))[0]
        cap = pages if is_page(body.data, label) else others
        return body if len(body.data) <= cap else decoded(payload, codings, cap)


def _is_stale(raw: Raw, stated: str, payload: bytes, body: bytes) -> bool:
    """Whether only the payload's digest is there to judge by, and says that it is another."""
    return not raw.digest and not any(is_of(stated, data) for data in (payload, body))


def _moved_again(raw: Raw, url: str) -> Moved | None:
    """Where a visit was sent, the same as before: crawlers keep the head of such answers."""
    try:
        given = answer(raw.block)
    except Refused:
        return None
    return _moved(raw, url, given.status, given.headers)


def _moved(raw: Raw, url: str, status: int, headers: dict[str, str]) -> Moved | None:
    location = headers.get("location", "") if status in _REDIRECTS else ""
    target = join(url, location) if location else ""
    return Moved(raw.offset, url, target, status) if target else None


def _revisit(raw: Raw, url: str) -> Revisit:
    return Revisit(
        raw.offset,
        url,
        original=raw.field("warc-refers-to-target-uri").strip("<> ") or url,
        digest=digest(raw.field("warc-payload-digest")),
        original_record=raw.field("warc-refers-to"),
        original_date=_date(raw.field("warc-refers-to-date")),
        record=raw.field("warc-record-id"),
        date=_date(raw.field("warc-date")),
    )


def _date(label: str) -> str:
    return label if _DATE.fullmatch(label) else ""
