"""The fields of the forms say what there is."""

from __future__ import annotations

import pytest

from realsyn_airflow import forms
from realsyn_tasks.formats import FORMATS, FormatSpec


def test_a_new_format_is_in_the_forms_by_its_line_in_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(FORMATS, "toy", FormatSpec("tests.formats.toy_format", "toy notes", ()))
    assert "toy notes" in forms.crawl(required=True).serialize()["description"]
    field = forms.format().serialize()
    assert field["value"] == "" and field["schema"]["examples"] == list(FORMATS)
    assert "toy (toy notes)" in field["description"]
