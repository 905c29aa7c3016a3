"""Columns of pairs are worked out whole; of each they say what a look at the pair would say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from realsyn_tasks.datasets.gallery_columns import (
    Names,
    _firsts,
    _up_to_hosts,
    coded,
    domain_of,
    first_ids_of,
    ids_of,
    names_of_columns,
)

NAMES = ["0" * 31 + "1", "", "f" * 32, None, "0a" * 16]


def chunked(*chunks: list[object], kind: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(each, type=kind) for each in chunks], type=kind)


def raw(names: list[str | None]) -> bytes:
    return b"".join(bytes.fromhex(name) if name else bytes(16) for name in names)


def test_ids_are_given_as_bytes_however_they_are_cut() -> None:
    whole = chunked(NAMES[:2], [], NAMES[2:], kind=pa.string())
    assert ids_of(whole).tobytes() == raw(NAMES)
    assert ids_of(whole.slice(1, 3)).tobytes() == raw(NAMES[1:4])
    assert len(ids_of(chunked(kind=pa.string()))) == 0
    with pytest.raises(ValueError):
        ids_of(chunked(["x" * 32], kind=pa.string()))


def test_of_lists_the_first_is_taken() -> None:
    lists = [[NAMES[0], NAMES[2]], [], None, [NAMES[4]], [None, NAMES[0]]]
    column = chunked(lists[:3], lists[3:], kind=pa.list_(pa.string()))
    assert first_ids_of(column).tobytes() == raw([NAMES[0], None, None, NAMES[4], None])
    numbers = chunked([[0.1, 9.0], []], [None, [None, 1.0], [2.5]], kind=pa.list_(pa.float32()))
    expected = np.array([0.1, np.nan, np.nan, np.nan, 2.5], dtype=np.float32)
    assert np.array_equal(_firsts(numbers), expected, equal_nan=True)


def test_of_pages_of_one_host_one_is_judged() -> None:
    hosts = [
        "a.example",
        "www.b.co.uk",
        "xn--bad-.example",
        "127.0.0.1",
        "a.example:80",
        "A.example",
    ]
    ends = [
        "",
        "/",
        "/a/b.html?c=d",
        "/../x",
        "/?",
        "#top",
        "/a b",
        "/\n",
        f"/{'y' * 3000}",
        "/%20",
    ]
    odd = ["", "javascript:alert(1)", "https:///a.example/x", "ftp://a.example/x", None]
    urls = [f"https://{host}{end}" for host in hosts for end in ends] + odd
    judged: list[str] = []

    def name_of(url: str) -> str:
        judged.append(url)
        return domain_of(url)

    pages = pa.table({"document_url": urls, "licence": urls})
    names = names_of_columns()
    codes = coded(pages, names)["domain"].tolist()
    known = names["domains"].names
    assert [known[code] if code >= 0 else "" for code in codes] == [domain_of(u) for u in urls]
    many = pa.chunked_array([[f"https://a.example/{number}" for number in range(100)]])
    Names().coded(_up_to_hosts(many), name_of)
    assert judged == ["https://a.example/"]
