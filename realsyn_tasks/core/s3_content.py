"""What S3 says of an object, and what it should say of one that was sent whole."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig

from realsyn_tasks.core.storage import CHUNK

PART = 64 << 20  # bytes; larger objects go up and are copied in parts of this size
TRANSFERS = 4  # parts of one object under way


@dataclass(frozen=True)
class Content:
    """What a stored object should look like from outside."""

    size: int
    sha256: str  # hex
    etag: str  # of an unencrypted object, put whole or in parts of PART bytes

    @staticmethod
    def of(source: Path) -> Content:
        """Read a local file once for its size and checksums."""
        whole, parts = hashlib.sha256(), [hashlib.md5(usedforsecurity=False)]
        filled = size = 0
        with source.open("rb") as file:
            while chunk := file.read(CHUNK):
                if filled == PART:
                    parts.append(hashlib.md5(usedforsecurity=False))
                    filled = 0
                whole.update(chunk)
                parts[-1].update(chunk)
                filled, size = filled + len(chunk), size + len(chunk)
        return Content(size, whole.hexdigest(), _etag([part.digest() for part in parts]))

    @property
    def checksum(self) -> str:
        """Give SHA-256 as S3 writes it."""
        return base64_of(self.sha256)


def _etag(parts: list[bytes]) -> str:
    if len(parts) == 1:
        return parts[0].hex()
    return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def transfer() -> TransferConfig:
    """Say how boto3 moves large objects: in parts, so that their ETags can be foretold."""
    return TransferConfig(
        multipart_threshold=PART + 1, multipart_chunksize=PART, max_concurrency=TRANSFERS
    )


def checked(sha256: str) -> dict[str, str]:
    """Give what makes the endpoint refuse a put that arrives otherwise than it was sent."""
    return {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": base64_of(sha256)}


def base64_of(digest: str) -> str:
    """Write a hexadecimal digest as S3 does."""
    return base64.b64encode(bytes.fromhex(digest)).decode()


def md5_of(data: bytes) -> str:
    """Digest a small object as its ETag does."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def told_md5(answer: dict[str, Any], bucket: str) -> str:
    """Give the ETag of an answer if it is made of MD5 digests of the content, else nothing.

    It is not under encryption with own keys, nor in directory buckets.
    """
    encryption = str(answer.get("ServerSideEncryption", ""))
    if "kms" in encryption or "SSECustomerAlgorithm" in answer or bucket.endswith("--x-s3"):
        return ""
    etag = re.fullmatch(r'"?([0-9a-f]{32}(-\d+)?)"?', str(answer.get("ETag", "")))
    return etag[1] if etag else ""


def told_content(head: dict[str, Any]) -> str:
    """Give what an answer says of the whole content: SHA-256 in hex, else the ETag."""
    checksum = str(head.get("ChecksumSHA256", ""))
    if checksum and "-" not in checksum:  # with a dash it is of parts, however they were cut
        return base64.b64decode(checksum).hex()
    return f"etag:{str(head['ETag']).strip(chr(34))}"


def same_small(answer: dict[str, Any], bucket: str, data: bytes) -> bool:
    """Say whether an answer may be about this content, of an object put whole."""
    md5 = told_md5(answer, bucket)
    return not md5 or "-" in md5 or md5 == md5_of(data)
