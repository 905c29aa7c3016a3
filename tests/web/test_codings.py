"""Bodies in every coding that browsers take: rightly labelled, not at all packed, cut, broken."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable
from functools import partial

import brotli
import pytest
import zstandard

from realsyn_tasks.core.reasons import Refused
from realsyn_tasks.web.codings import Decoder, decoded
from realsyn_tasks.web.reasons import DECOMPRESSION_BOMB, OVERSIZED_BODY, UNDECODABLE_BODY

CAP = 1 << 20
PAGE = b"<!doctype html><p>" + " ".join(str(n * n) for n in range(20_000)).encode()
PICTURE = b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(4_000)


def raw_deflate(body: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(body) + machine.flush()


def chunked(body: bytes, size: int = 1_000, end: bytes = b"\r\n") -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    lines = [b"%x;x=y" % len(part) + end + part + end for part in parts]
    return b"".join(lines) + b"0" + end + end


def zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(body)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "br": partial(brotli.compress, quality=5),
    "zstd": zstd,
    "chunked": chunked,
}


@pytest.mark.parametrize("body", [PAGE, PICTURE, b"", b"x"], ids=["page", "picture", "none", "x"])
@pytest.mark.parametrize("coding", PACKERS)
def test_a_body_comes_out_whole(coding: str, body: bytes) -> None:
    result = decoded(PACKERS[coding](body), coding, CAP)
    assert result.data == body and not result.cut


@pytest.mark.parametrize("codings", ["gzip, br", "deflate,gzip", "br, zstd , chunked", "gzip,gzip"])
def test_codings_one_inside_the_other(codings: str) -> None:
    body = PAGE
    for coding in codings.split(","):
        body = PACKERS[coding.strip()](body)
    assert decoded(body, codings, CAP).data == PAGE


@pytest.mark.parametrize("body", [PAGE, PICTURE], ids=["page", "picture"])
@pytest.mark.parametrize("coding", [*PACKERS, "gzip, gzip", "identity", "utf-8", "none", ""])
def test_a_body_that_was_never_packed_is_taken_as_it_is(coding: str, body: bytes) -> None:
    result = decoded(body, coding, CAP)
    assert result.data == body and not result.cut


@pytest.mark.parametrize("label", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_the_bytes_say_what_a_wrong_label_does_not(
    label: str, pack: Callable[[bytes], bytes]
) -> None:
    assert decoded(pack(PAGE), label, CAP).data == PAGE


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
@pytest.mark.parametrize("coding", [name for name in PACKERS if name != "zstd"])
def test_what_was_cut_keeps_what_it_has_and_says_so(coding: str, share: float) -> None:
    packed = PACKERS[coding](PAGE)
    result = decoded(packed[: int(len(packed) * share)], coding, CAP)
    assert result.cut
    assert PAGE.startswith(result.data)
    assert len(result.data) > len(PAGE) * (share - 0.3)


def test_what_was_cut_of_zstd_keeps_its_whole_blocks() -> None:
    page = PAGE * 3
    packed = zstandard.ZstdCompressor(level=1).compress(PICTURE * 100 + page)
    result = decoded(packed[: len(packed) * 4 // 5], "zstd", CAP)
    assert result.cut and len(result.data) > 128 << 10
    with pytest.raises(Refused):
        decoded(zstd(PAGE[:5_000])[:-900], "zstd", CAP)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "chunked"])
def test_what_breaks_in_the_middle_keeps_what_comes_before(coding: str) -> None:
    packed = bytearray(PACKERS[coding](PAGE))
    middle = len(packed) // 2
    packed[middle : middle + 2_000] = random.Random(3).randbytes(2_000)
    result = decoded(bytes(packed), coding, CAP)
    assert result.cut
    assert result.data[:40_000] == PAGE[:40_000]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_small_page_that_is_cut_keeps_its_beginning(coding: str) -> None:
    page = b"<p>" + b" ".join(b"%d" % (n * n * n) for n in range(500))
    packed = PACKERS[coding](page)
    assert len(decoded(packed[: len(packed) // 2], coding, CAP).data) > len(page) // 4


def test_checksums_trailing_bytes_and_members_as_browsers_take_them() -> None:
    packed = gzip.compress(PAGE)
    assert decoded(packed[:-8] + b"\0" * 8, "gzip", CAP).data == PAGE
    assert decoded(packed[:-8], "gzip", CAP).data == PAGE
    assert decoded(packed + b"\0\0garbage", "gzip", CAP).data == PAGE
    assert decoded(packed + gzip.compress(b"more"), "gzip", CAP).data == PAGE + b"more"
    assert decoded(zlib.compress(PAGE)[:-4] + b"oops", "deflate", CAP).data == PAGE
    assert decoded(zstd(PAGE) + zstd(b"more") + b"garbage", "zstd", CAP).data == PAGE + b"more"
    assert decoded(chunked(PAGE, end=b"\n"), "chunked", CAP).data == PAGE


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_noise_under_a_label_is_refused(coding: str) -> None:
    with pytest.raises(Refused) as refusal:
        decoded(b"\x01\x02\xff" + random.Random(2).randbytes(500), coding, CAP)
    assert refusal.value.verdict.reason == UNDECODABLE_BODY


@pytest.mark.parametrize("coding", PACKERS)
def test_more_than_allowed_is_a_bomb(coding: str) -> None:
    packed = PACKERS[coding](b" " * 30_000_000)
    with pytest.raises(Refused) as refusal:
        decoded(packed, coding, CAP)
    assert refusal.value.verdict.reason == DECOMPRESSION_BOMB
    assert decoded(packed, coding, CAP, beginning=True).data == b" " * CAP
    assert decoded(packed, coding, CAP, beginning=True).cut
    assert len(decoded(PACKERS[coding](b" " * CAP), coding, CAP).data) == CAP


def test_bombs_in_bombs_are_refused_too() -> None:
    body = b"<p>"
    for _ in range(7):
        body = gzip.compress(body)
    with pytest.raises(Refused):
        decoded(body, "gzip," * 7, CAP)
    bomb = gzip.compress(gzip.compress(b" " * 100_000_000))
    with pytest.raises(Refused):
        decoded(bomb, "gzip, gzip", CAP)


def test_a_body_in_pieces() -> None:
    packed = brotli.compress(PAGE, quality=5)
    decoder = Decoder("br", CAP)
    for at in range(0, len(packed), 7_000):
        assert decoder.feed(packed[at : at + 7_000])
    assert decoder.finish().data == PAGE


def test_pieces_end_where_more_is_of_no_use() -> None:
    decoder = Decoder("", 10)
    with pytest.raises(Refused) as refusal:
        decoder.feed(b"x" * 11)
    assert refusal.value.verdict.reason == OVERSIZED_BODY
    beginning = Decoder("", 10, beginning=True)
    assert beginning.feed(b"abcdefgh") and not beginning.feed(b"ijklmnop")
    result = beginning.finish()
    assert (result.data, result.cut) == (b"abcdefghij", True)


def test_many_small_members_cost_linear_time() -> None:
    packed = gzip.compress(b"") * 200_000 + gzip.compress(b"end")
    assert decoded(packed, "gzip", CAP).data == b"end"
