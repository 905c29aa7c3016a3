"""The key of an Airflow that one person uses: made once, for its owner's eyes, part of one address.

It is the password of Airflow's only user, in the file that the simple auth manager reads.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path
from urllib.parse import urlencode

USER = "admin"


def key(file: Path) -> str:
    """Give the key that a file holds, made at the first call; all who call at once get the same."""
    if not file.is_file():
        write_once(file, json.dumps({USER: secrets.token_urlsafe(32)}))
    return str(json.loads(file.read_text(encoding="utf-8"))[USER])


def write_once(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all, unless it is there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        target.write(text)
    with contextlib.suppress(FileExistsError):
        os.link(temporary, file)
    temporary.unlink()


def address(base: str, key: str, page: str = "/") -> str:
    """Give the address that opens a browser's session and leads on to a page."""
    query = {"token": key} | ({"next": page} if page != "/" else {})
    return f"{base}/auth/open?{urlencode(query)}"
