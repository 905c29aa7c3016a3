"""What a notice says in each medium: whatever stands on the web stays text."""

from __future__ import annotations

import json

import pytest

from realsyn_airflow import messages
from realsyn_airflow.messages import LONGEST, Notice

HOSTILE = '<img src=x onerror="alert(1)"> <!channel> *b* `code` {{ 7*7 }}\r\nBcc: eve@evil.example'


def notice(text: str = HOSTILE) -> Notice:
    return Notice(
        event="crawl_quarantined",
        title=f"Crawl quarantined: {text}",
        where={"crawl": text},
        why=text,
        advice="Mend it.",
        links={"Run": "https://airflow.example/dags/d/runs/r?a=1&b=2"},
    )


def test_in_mail_nothing_of_the_web_is_markup() -> None:
    body = messages.html(notice())
    assert "<img" not in body and "&lt;img" in body
    assert 'href="https://airflow.example/dags/d/runs/r?a=1&amp;b=2"' in body


def test_a_subject_is_one_line() -> None:
    assert not {"\r", "\n"} & set(messages.subject(notice()))
    assert messages.subject(notice("a")) == "[RealSyn] Crawl quarantined: a"


def test_in_slack_nothing_of_the_web_is_markup_or_calls_anybody() -> None:
    text = messages.slack(notice())["text"]
    assert "<!channel>" not in text and "&lt;!channel&gt;" in text
    assert "<https://airflow.example/dags/d/runs/r?a=1&amp;b=2|Run>" in text
    for line in (line for line in text.splitlines() if "alert(1)" in line):
        before, code, after = line.split("`")
        assert "*b* 'code' {{ 7*7 }}" in code and not after
        assert "alert" not in before


def test_a_webhook_gets_an_object() -> None:
    told = json.loads(json.dumps(messages.fields(notice())))
    assert told["event"] == "crawl_quarantined"
    assert told["where"]["crawl"].endswith("{{ 7*7 }} Bcc: eve@evil.example")


@pytest.mark.parametrize("text", ["\udc80\x00\x1b[2J", "é" * 5_000, "s3://ann:pw@b/x token=abc"])
def test_texts_can_be_sent_are_bounded_and_hold_no_keys(text: str) -> None:
    for said in (messages.html(notice(text)), messages.mrkdwn(notice(text))):
        said.encode()
        assert "\x1b" not in said and "pw@" not in said and "abc" not in said
        assert len(said) < 6 * LONGEST
