"""A notice, and its words for each medium: mail, Slack, webhook.

Texts of a notice come partly from the web (names of crawls, reasons): they are text in every
medium, on one line, of bounded length, without keys, and never markup or a template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from realsyn_tasks.core import redaction

LONGEST = 600  # characters of a text
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'"})


@dataclass(frozen=True)
class Notice:
    """What happened, where, why, and what to do next; links lead to run and page."""

    event: str
    title: str
    where: Mapping[str, str] = field(default_factory=dict)  # label -> place
    why: str = ""
    advice: str = ""
    links: Mapping[str, str] = field(default_factory=dict)  # label -> address


def plain(text: str) -> str:
    """Give a text on one line, with nothing that can't be printed, without keys, and not long."""
    line = "".join(c if c.isprintable() else " " for c in redaction.text(text))
    words = " ".join(line.encode("utf-8", "replace").decode().split())
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def subject(notice: Notice) -> str:
    """Give a mail's subject."""
    return f"[RealSyn] {plain(notice.title)}"


def html(notice: Notice) -> str:
    """Give a mail's body."""
    told = [f"<p><strong>{escape(plain(notice.title))}</strong></p>"]
    rows = [f"<li>{escape(k)}: {escape(plain(v))}</li>" for k, v in notice.where.items()]
    told += [f"<ul>{''.join(rows)}</ul>"] if rows else []
    told += [f"<p>{escape(plain(text))}</p>" for text in (notice.why, notice.advice) if text]
    links = [f'<a href="{escape(v)}">{escape(k)}</a>' for k, v in notice.links.items()]
    return "\n".join([*told, f"<p>{' · '.join(links)}</p>"] if links else told)


def mrkdwn(notice: Notice) -> str:
    """Give the words for Slack: what isn't ours is code, in which nothing is markup or a link."""
    told = [f"*RealSyn*: {_code(notice.title)}"]
    told += [f"• {_slack(k)}: {_code(v)}" for k, v in notice.where.items()]
    told += [_code(notice.why)] if notice.why else []
    told += [_slack(plain(notice.advice))] if notice.advice else []
    links = [f"<{_slack(v)}|{_slack(k)}>" for k, v in notice.links.items()]
    return "\n".join([*told, " · ".join(links)] if links else told)


def _slack(text: str) -> str:
    return text.translate(_SLACK)


def _code(text: str) -> str:
    return f"`{_slack(plain(text))}`"


def slack(notice: Notice) -> dict[str, Any]:
    """Give what Slack's incoming webhooks, and those of its kind, take."""
    return {"text": mrkdwn(notice), "unfurl_links": False, "unfurl_media": False}


def fields(notice: Notice) -> dict[str, Any]:
    """Give what any other webhook gets."""
    return {
        "event": notice.event,
        "title": plain(notice.title),
        "where": {label: plain(value) for label, value in notice.where.items()},
        "why": plain(notice.why),
        "advice": plain(notice.advice),
        "links": dict(notice.links),
    }
