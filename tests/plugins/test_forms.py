"""The fields of the forms say what there is."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import ParamValidationError

from realsyn_airflow import forms, settings
from realsyn_tasks.formats import FORMATS, FormatSpec


def test_a_new_format_is_in_the_forms_by_its_line_in_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(FORMATS, "toy", FormatSpec("tests.formats.toy_format", "toy notes", ()))
    assert "toy notes" in forms.crawl(required=True).serialize()["description"]
    field = forms.format().serialize()
    assert field["value"] == "" and field["schema"]["examples"] == list(FORMATS)
    assert "toy (toy notes)" in field["description"]


@pytest.mark.parametrize("name", ["root", "crawl", "crawls"])
@pytest.mark.parametrize(
    "place", ["s3://ann:s3cret@b/x", "s3://b/x?X-Amz-Signature=0f", "s3://b#t"]
)
def test_a_place_with_a_key_in_it_is_not_taken_by_a_form(name: str, place: str) -> None:
    """Airflow would keep it, show it, and tell it on."""
    fields = {"root": forms.root(), "crawl": forms.crawl(required=False), **forms.arrivals()}
    with pytest.raises(ParamValidationError):
        fields[name].resolve(place)
    for plain in ("s3://b/x@y", "/data/a?b#c", "file:///a%20b"):
        assert fields[name].resolve(plain) == plain


@pytest.mark.parametrize("name", ["token", "hf_token", "api_key", "db_password", "access_key_id"])
def test_options_of_models_are_no_place_for_keys(name: str) -> None:
    """Airflow's OpenLineage tells what a form says as it is."""
    kind, [first, *_] = next(iter(settings.models_offered().items()))
    with pytest.raises(ParamValidationError):
        forms.models().resolve({kind: {"name": first, "options": {name: "s3cret"}}})
    fine = {kind: {"name": first, "options": {"max_tokens": 5, "model": "local-dir:/m"}}}
    assert forms.models().resolve(fine) == fine
