"""What is told to others has no keys in it."""

from __future__ import annotations

import pytest

from realsyn_tasks.core import redaction

SIGNED = "https://b.s3.example/a.tar?X-Amz-Credential=AKIA%2Fx&X-Amz-Signature=0f0f&partNumber=2"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://bucket/data", "s3://bucket/data"),
        ("s3://ann:s3cret@bucket/data", "s3://bucket/data"),
        ("s3://ann:p@ss@bucket/data", "s3://bucket/data"),
        (SIGNED, "https://b.s3.example/a.tar"),
        ("https://a.example/x#token=1", "https://a.example/x"),
        ("/srv/data?x", "/srv/data?x"),
    ],
)
def test_a_place_is_a_uri_without_what_opens_it(uri: str, expected: str) -> None:
    assert redaction.place(uri) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("at s3://ann:s3cret@bucket/a: no", "at s3://bucket/a: no"),
        ('{"api_key": "abc", "model": "x"}', '{"api_key": "***", "model": "x"}'),
        ("HF_TOKEN=hf_abc lr=3", "HF_TOKEN=*** lr=3"),
        ("mail ann@lab.example of it", "mail ann@lab.example of it"),
        ("https://a.example/p?page=2", "https://a.example/p?page=2"),
    ],
)
def test_a_text_keeps_all_but_keys(words: str, expected: str) -> None:
    assert redaction.text(words) == expected


def test_a_signed_address_in_a_text_opens_nothing() -> None:
    said = redaction.text(f"403 for {SIGNED}")
    assert "AKIA" not in said and "0f0f" not in said and "partNumber=2" in said
