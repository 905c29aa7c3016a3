"""What a text that somebody typed may be the name of: an id, a digest, an address, a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from realsyn_tasks.core import ids
from realsyn_tasks.core.ids import ID_LENGTH
from realsyn_tasks.corpus.entries import KINDS, MD5, SHA256, Entry
from realsyn_tasks.corpus.matches import url_key

SHA256_LENGTH = 64
KEY_DIGITS, ROW_DIGITS = 10, 5  # of a sample: at least, and those of its row
_HEX = re.compile(r"[0-9A-Fa-f]+")
_NO_SCHEME = re.compile(r"(?:[\w-]+\.)+[\w-]+(?::\d+)?/\S*")


@dataclass(frozen=True)
class Asked:
    """What a text may mean."""

    text: str
    ids: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    digests: tuple[Entry, ...] = ()  # of the bytes of a published picture
    sample: str = ""  # a key

    @property
    def is_phrase(self) -> bool:
        """Say whether it may be a piece of a sentence."""
        return not self.digests and not self.sample and len(self.text.split()) > 1


def read(text: str) -> Asked:
    """Say what a text may mean, as it was typed: in any spelling, with or without `sha256: `."""
    typed = text.strip()
    kind, colon, rest = typed.partition(":")
    if colon and kind.strip().lower() in KINDS and not rest.startswith("//"):
        typed = rest.strip()
    if _HEX.fullmatch(typed) and len(typed) in (ID_LENGTH, SHA256_LENGTH):
        return _of_digest(typed.lower())
    sample = typed if typed.isascii() and typed.isdigit() and len(typed) >= KEY_DIGITS else ""
    addresses = (typed, f"https://{typed}") if _NO_SCHEME.fullmatch(typed) else (typed,)
    known = tuple(address for address in addresses if url_key(address))
    names = (ids.sentence_id(typed), typed, f"{typed}:0")  # a file beside pages has no offset
    return Asked(typed, names, known or (typed,), sample=sample)


def _of_digest(typed: str) -> Asked:
    kind = MD5 if len(typed) == ID_LENGTH else SHA256
    return Asked(typed, (typed[:ID_LENGTH],), digests=(Entry(kind, typed),))
