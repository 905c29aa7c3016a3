"""Listings are read past botocore, with the same result, and by ranges of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realsyn_tasks.core.s3_listing import _take_out
from realsyn_tasks.core.storage import Storage

if TYPE_CHECKING:
    from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]
pytestmark = pytest.mark.usefixtures("hasty")

NAMES = ["a&b", "<Key>", "ä b+c", "plain", 'quo"te']


def test_keys_of_all_kinds_are_listed_as_they_are(s3: Endpoint) -> None:
    storage = Storage.at(s3.root)
    for number, name in enumerate(NAMES):
        storage.replace(f"folder/{name}", b"x" * number)
    assert storage.listing("folder") == sorted((f"folder/{n}", i) for i, n in enumerate(NAMES))
    assert storage.tags("folder") == {n: storage.tag(f"folder/{n}") for n in NAMES}
    assert storage.listing("nothing") == []


@pytest.mark.parametrize(
    "body", [b"<Contents><Key>a</Key></Contents>", b"<Contents><Key>a", b"<Error/>"]
)
def test_what_looks_otherwise_is_left_to_botocore(body: bytes) -> None:
    answer, customized = {"body": body, "status_code": 200}, dict[str, Any]()
    _take_out(answer, customized)
    assert answer["body"] == body and customized == {}


def test_many_sizes_of_a_stage_cost_a_listing(
    s3: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = Storage.at(s3.root)
    monkeypatch.setattr("realsyn_tasks.core.s3.MANY", 4)
    paths = [f"builds/it/stage/shard={n:05d}/part" for n in range(12)]
    for number, path in enumerate(paths):
        storage.replace(path, b"x" * number)
    storage.delete(paths[6])
    asked = [*paths[3:9], "builds/it/other/shard=00000/part"]
    before = len(s3.proxy.log.requests)
    assert storage.sizes(asked) == [3, 4, 5, None, 7, 8, None]
    operations = [request.operation for request in s3.proxy.log.requests[before:]]
    assert sorted(set(operations)) == ["HEAD", "LIST"]
    assert operations.count("LIST") == 1
