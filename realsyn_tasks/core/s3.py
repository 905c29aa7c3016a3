"""Roots in S3, through boto3.

How the endpoint and credentials are found, and what is tried again, is in core.s3_access.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from realsyn_tasks.core import s3_content
from realsyn_tasks.core.errors import ConfigError, DamagedObject, TransientError
from realsyn_tasks.core.ranged import RangedFile
from realsyn_tasks.core.s3_access import (
    CONDITIONAL_PUT,
    PROBE,
    Access,
    access,
    puts_conditionally,
    retrying,
)
from realsyn_tasks.core.s3_bodies import in_time
from realsyn_tasks.core.s3_content import (
    Content,
    base64_of,
    checked,
    same_small,
    told_content,
    told_md5,
    transfer,
)
from realsyn_tasks.core.s3_errors import NotSupported, PreconditionFailed, errors_in_words
from realsyn_tasks.core.s3_snapshot import Marker, read_folder
from realsyn_tasks.core.storage import CHUNK, Answer, Item, ObjectRef, Storage, Tagged, sha256_of

SETTLE_SECONDS = 1.0  # between a put and its reading back, where puts are not conditional
STAGE_DEPTH = 3  # of the folder of a run's stage: builds/NAME/STAGE
MANY = 64  # objects of a stage, which are listed rather than asked for one by one
WRITER = "realsyn-writer"  # metadata: who put a marker


class S3Storage(Storage):
    """A root below a bucket's prefix.

    Requests, as the tests count them on the wire. A shard costs 2 for each object that it
    writes (put, and a look at size and checksum), 3 for each table of up to 4 MiB that it reads
    (more by ranges of up to 8 MiB), a read for its own marker and for each of those that it reads
    in line or through them, and 2 besides: marker, failure note. So a map of one table to one
    table and its drops costs 11. Of a keyed table, a shard reads its part of each object with 1 for
    each row group, and 2 for the footer once a batch. Objects over 64 MiB cost one for each 64 MiB
    and 3 besides. A batch costs a list of failures, a log, and a put of its progress every 5
    seconds. Knowing a whole stage (plans and gates; a batch that gathers from all of a stage, or in
    which shards have to run that read another group) costs a list for each 1,000 of its commits, a
    read of the index, and a read for each commit that is not in it yet (core.ledger_index; whole
    markers: core.s3_snapshot); a read and a put of the index once all of it is there. Where they
    gather, it costs a read of each marker that they have, a look for a note of what is gathered,
    and a put of that once for each state (core.gathered). The sizes of many objects of a stage cost
    a list for each 1,000 of them.
    """

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self._bucket, _, self._prefix = self.uri.removeprefix("s3://").partition("/")

    @property
    def _access(self) -> Access:
        return access(self._bucket)

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}" if self._prefix and path else self._prefix or path

    @contextmanager
    def _request(self, operation: str, path: str) -> Iterator[Access]:
        """Take a turn among the requests below the same prefix, and tell errors in words."""
        uri = f"s3://{self._bucket}/{self._key(path)}"
        with errors_in_words(operation, uri):
            reached = self._access
            with reached.slot(_stage_of(path)):
                yield reached

    def _ask(self, operation: str, path: str, **details: Any) -> dict[str, Any]:
        with self._request(operation, path) as reached:
            call = getattr(reached.client, operation)
            answer: dict[str, Any] = call(Bucket=self._bucket, Key=self._key(path), **details)
            return answer

    def _head(self, path: str) -> dict[str, Any] | None:
        try:
            return retrying()(self._ask, "head_object", path, ChecksumMode="ENABLED")
        except FileNotFoundError:
            return None

    # -- reading ----------------------------------------------------------------------------------

    def read(self, path: str) -> bytes:
        return self._read(path)[1]

    def _read(self, path: str) -> Marker:
        """Read a small object whole, with its ETag."""
        return retrying()(self._read_once, path)

    def _read_once(self, path: str) -> Marker:
        with self._request("get_object", path) as reached:
            answer = reached.client.get_object(Bucket=self._bucket, Key=self._key(path))
            with in_time(answer) as body:
                data: bytes = body.read()
        if not same_small(answer, self._bucket, data):
            raise TransientError(f"{self.uri}/{path}: what arrived is not what is stored")
        return str(answer["ETag"]), data

    def read_each(self, paths: Sequence[str]) -> list[bytes | None]:
        return [tagged[1] if tagged else None for tagged in self.read_each_tagged(paths)]

    def read_each_tagged(self, paths: Sequence[str]) -> list[Marker | None]:
        """Read small objects with their ETags, several at once; None for one that is gone."""
        return self.each(self._read_or_none, paths)

    def _read_or_none(self, path: str) -> Marker | None:
        with suppress(FileNotFoundError):
            return self._read(path)
        return None

    def contents(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        for path, (_, data) in read_folder(self, prefix).items():
            yield path, data

    def tags(self, prefix: str) -> dict[str, str]:
        start = len(prefix) + 1
        return {path[start:]: etag for path, etag in self.listed_etags(prefix).items()}

    def tag(self, path: str) -> str:
        head = self._head(path)
        return str(head["ETag"]) if head else ""

    def written(self, path: str) -> float | None:
        head = self._head(path)
        return float(head["LastModified"].timestamp()) if head else None

    def read_tagged(self, prefix: str, names: Sequence[str]) -> Iterator[Tagged]:
        markers = self.read_each_tagged([f"{prefix}/{name}" for name in names])
        for name, marker in zip(names, markers, strict=True):
            if marker:
                yield name, *marker

    def tagged_contents(self, prefix: str) -> Iterator[Tagged]:
        start = len(prefix) + 1
        for path, marker in read_folder(self, prefix).items():
            yield path[start:], *marker

    def sizes(self, paths: Sequence[str]) -> list[int | None]:
        """Give the sizes of objects; of many of the same stage by listings of where they lie."""
        by_stage: dict[str, list[str]] = {}
        for path in paths:
            by_stage.setdefault(_stage_of(path), []).append(path)
        known: dict[str, int | None] = {}
        for stage, below in by_stage.items():
            if len(below) >= MANY and stage.count("/") == STAGE_DEPTH - 1:
                known |= self._listed_sizes(stage, min(below), max(below))
            else:
                known |= zip(below, self.each(self.size, below), strict=True)
        return [known.get(path) for path in paths]

    def _listed_sizes(self, prefix: str, first: str, last: str) -> dict[str, int]:
        """List the sizes of the objects below a prefix from one path to another."""
        sizes: dict[str, int] = {}
        after = f"{first[:-1]}"  # sorts before the path, and after most of what is before it
        for page in retrying()(self._list_once, prefix, "", self._key(after), self._key(last)):
            for item in page.get("Contents", []):
                sizes[self._relative(item["Key"])] = int(item["Size"])
        return sizes

    def each(self, function: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
        workers = min(len(items), self._access.concurrency)
        if workers <= 1:
            return [function(item) for item in items]
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(function, items))

    def size(self, path: str) -> int | None:
        head = self._head(path)
        return None if head is None else int(head["ContentLength"])

    def open(self, path: str, size: int | None = None) -> BinaryIO:
        """Open an object for random reads, by ranges that grow when it is read straight on
        (core.ranged)."""
        size = self.size(path) if size is None else size
        if size is None:
            raise FileNotFoundError(f"s3://{self._bucket}/{self._key(path)}")
        return cast(BinaryIO, RangedFile(size, partial(self._fetch, path), path))

    def _fetch(self, path: str, start: int, length: int) -> bytes:
        return retrying()(self._fetch_once, path, start, length)

    def _fetch_once(self, path: str, start: int, length: int) -> bytes:
        try:
            with self._request("open", path) as reached:
                answer = reached.client.get_object(
                    Bucket=self._bucket,
                    Key=self._key(path),
                    Range=f"bytes={start}-{start + length - 1}",
                )
                with in_time(answer) as body:
                    data: bytes = body.read()
        except FileNotFoundError as error:  # a stale answer: it was there when it was opened
            raise TransientError(f"{path} is gone since it was opened: {error}") from error
        if len(data) != length:
            raise TransientError(f"{path}: {length} bytes from {start} on did not arrive whole")
        return data

    def local(self, reference: ObjectRef, folder: Path) -> Path:
        self.verify(reference)
        target = folder / reference.path.rsplit("/", 1)[-1]
        retrying()(self._download_once, reference, target)
        return target

    def _download_once(self, reference: ObjectRef, target: Path) -> None:
        with self._request("open", reference.path) as reached, target.open("wb") as file:
            answer = reached.client.get_object(Bucket=self._bucket, Key=self._key(reference.path))
            with in_time(answer) as body:
                for chunk in body.iter_chunks(CHUNK):
                    file.write(chunk)
        if target.stat().st_size != reference.size:
            raise TransientError(f"{reference.path}: not all of its bytes arrived")
        with target.open("rb") as copy:
            if sha256_of(copy) != reference.sha256:
                raise DamagedObject(reference.path, "its checksum differs")

    # -- listing ----------------------------------------------------------------------------------

    def listing(self, prefix: str, recursive: bool = False) -> list[tuple[str, int]]:
        objects = [
            (self._relative(item["Key"]), int(item["Size"]))
            for page in self._pages(prefix, "" if recursive else "/")
            for item in page.get("Contents", [])
            if not item["Key"].endswith("/")  # what consoles leave for empty folders
        ]
        return sorted(objects)

    def listed_etags(self, prefix: str) -> dict[str, str]:
        """List the objects directly below a prefix with their ETags, sorted by path."""
        pages = self._pages(prefix, "/")
        items = [item for page in pages for item in page.get("Contents", [])]
        return {self._relative(item["Key"]): str(item["ETag"]) for item in items}

    def folders(self, prefix: str) -> list[str]:
        return sorted(
            self._relative(item["Prefix"].rstrip("/"))
            for page in self._pages(prefix, "/")
            for item in page.get("CommonPrefixes", [])
        )

    def _relative(self, key: str) -> str:
        return key[len(self._prefix) + 1 :] if self._prefix else key

    def _pages(self, prefix: str, delimiter: str) -> list[dict[str, Any]]:
        return retrying()(self._list_once, prefix, delimiter)

    def _list_once(
        self, prefix: str, delimiter: str, after: str = "", last: str = ""
    ) -> list[dict[str, Any]]:
        """List pages of keys, those after one key and up to the page with another, if named."""
        folder = self._key(prefix)
        start = {"StartAfter": after} if after else {}
        with self._request("list_objects_v2", f"{prefix}/") as reached:
            pages = reached.client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket,
                Prefix=f"{folder}/" if folder else "",
                Delimiter=delimiter,
                **start,
            )
            return list(_until(last, pages))

    # -- writing ----------------------------------------------------------------------------------

    def upload(self, source: Path, path: str) -> ObjectRef:
        content = Content.of(source)
        retrying()(self._upload_once, source, path, content)
        return ObjectRef(path=path, size=content.size, sha256=content.sha256)

    def _upload_once(self, source: Path, path: str, content: Content) -> None:
        if content.size <= s3_content.PART:
            with source.open("rb") as body:
                self._ask("put_object", path, Body=body, **checked(content.sha256))
        else:
            with self._request("upload_file", path) as reached:
                reached.client.upload_file(
                    str(source),
                    self._bucket,
                    self._key(path),
                    Config=transfer(),
                    ExtraArgs={"ChecksumAlgorithm": "SHA256"},
                )
        self._check(path, content)

    def _check(self, path: str, content: Content) -> None:
        """Hold what the endpoint says of an object against what was sent.

        It is read in full only where the endpoint's words do not suffice: its ETag is not the
        MD5 of the content (encryption with own keys), and it keeps no SHA-256 either.
        """
        head = retrying()(self._head_of_new, path)
        size = int(head["ContentLength"])
        if size != content.size:
            raise DamagedObject(path, f"{content.size} bytes were sent, {size} are stored")
        told_of = told_md5(head, self._bucket) or head.get("ChecksumSHA256")
        if told_of not in {content.etag, content.checksum}:
            self._compare(path, content.sha256)

    def _head_of_new(self, path: str) -> dict[str, Any]:
        head = self._head(path)
        if head is None:  # some endpoints show what was put a moment later
            raise DamagedObject(path, "it is not there, although it was put")
        return head

    def _compare(self, path: str, sha256: str) -> None:
        with self.open(path) as stored:
            if sha256_of(stored) != sha256:
                raise DamagedObject(path, "its checksum differs")

    def content(self, path: str) -> str:
        """Tell what an object holds by the SHA-256 that the endpoint keeps, or by its ETag."""
        head = self._head(path)
        if head is None:
            raise FileNotFoundError(f"s3://{self._bucket}/{self._key(path)}")
        return told_content(head)

    def verify(self, reference: ObjectRef, checksum: bool = False) -> None:
        """Raise DamagedObject unless the object has the size (and checksum) it should have.

        Where the endpoint keeps the SHA-256 of the whole object, that is compared; elsewhere
        the object is read.
        """
        head = self._head(reference.path)
        size = None if head is None else int(head["ContentLength"])
        if head is None or size != reference.size:
            actual = "missing" if size is None else f"{size} bytes"
            raise DamagedObject(reference.path, f"expected {reference.size} bytes, found {actual}")
        if checksum and head.get("ChecksumSHA256") != base64_of(reference.sha256):
            self._compare(reference.path, reference.sha256)

    def replace(self, path: str, data: bytes) -> None:
        retrying()(self._put, path, data)

    def _put(self, path: str, data: bytes, **details: Any) -> None:
        """Put a small object and make sure of it; its answer carries the checksum."""
        answer = self._ask(
            "put_object", path, Body=data, **checked(hashlib.sha256(data).hexdigest()), **details
        )
        if not same_small(answer, self._bucket, data):
            self._discard(path, str(answer["ETag"]))
            raise TransientError(f"{self.uri}/{path}: what is stored is not what was sent")

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Create an object unless there is one; True for the only winner.

        Where the endpoint has no conditional put, the object is put if none is seen, and read
        back a second later; the writer that finds its own token has won. Then two writers
        within that second may both believe they won. There is still one object, the last one
        put, and as shards are deterministic, what it names has the same content; the other's
        data stay behind, named by no marker.
        """
        writer = secrets.token_hex(8)
        conditional = retrying()(lambda: puts_conditionally(self._access, self._key(PROBE)))
        create = self._create if conditional else self._create_unconditionally
        return bool(retrying()(create, path, data, writer))

    def _create(self, path: str, data: bytes, writer: str) -> bool:
        try:
            self._put(path, data, IfNoneMatch="*", Metadata={WRITER: writer})
        except PreconditionFailed:
            # The answer to an earlier try of ours may have been lost, so that it was tried again.
            return self._writer_of(path) == writer
        except NotSupported as error:
            raise ConfigError(f"{error}. Set {CONDITIONAL_PUT} to auto or off") from error
        return True

    def _create_unconditionally(self, path: str, data: bytes, writer: str) -> bool:
        head = self._head(path)
        if head is not None:
            return bool(head["Metadata"].get(WRITER) == writer)
        self._put(path, data, Metadata={WRITER: writer})
        time.sleep(SETTLE_SECONDS)
        return self._writer_of(path) == writer

    def _writer_of(self, path: str) -> str:
        head = self._head(path)
        if head is None:
            raise TransientError(
                f"{self.uri}/{path}: said to be there, and is not. If that stays so, the endpoint's"
                f" conditional puts are wrong: set {CONDITIONAL_PUT} to off"
            )
        return str(head["Metadata"].get(WRITER, ""))

    def delete(self, path: str) -> None:
        retrying()(self._ask, "delete_object", path)

    def delete_if(self, path: str, data: bytes) -> bool:
        try:
            etag, content = self._read(path)
        except FileNotFoundError:
            return True
        return content == data and self._discard(path, etag)

    def _discard(self, path: str, etag: str) -> bool:
        """Remove an object if it is still the one with this ETag, where the endpoint can tell."""
        try:
            retrying()(self._ask, "delete_object", path, IfMatch=etag)
        except FileNotFoundError:
            return True
        except PreconditionFailed:
            return False
        except NotSupported:
            self.delete(path)
        return True

    def copy(self, reference: ObjectRef, path: str) -> ObjectRef:
        """Copy a committed object within the bucket, without passing it through here.

        The copy is held against the SHA-256 that the endpoint computes while it copies. Copies
        in parts have none; there the ETags of both, computed from their content, must agree.
        """
        copied = reference.model_copy(update={"path": path})
        retrying()(self._copy_once, reference, copied)
        return copied

    def _copy_once(self, reference: ObjectRef, copied: ObjectRef) -> None:
        with self._request("copy", copied.path) as reached:
            reached.client.copy(
                {"Bucket": self._bucket, "Key": self._key(reference.path)},
                self._bucket,
                self._key(copied.path),
                ExtraArgs={"ChecksumAlgorithm": "SHA256"},
                Config=transfer(),
            )
        in_parts = reference.size > s3_content.PART
        self.verify(copied, not (in_parts and self._alike(reference.path, copied.path)))

    def _alike(self, path: str, other: str) -> bool:
        etags = [
            told_md5(head, self._bucket) for head in (self._head(path), self._head(other)) if head
        ]
        return len(etags) == 2 and etags[0] == etags[1] != ""


def _stage_of(path: str) -> str:
    return "/".join(path.split("/")[:STAGE_DEPTH])


def _until(last: str, pages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for page in pages:
        yield page
        contents = page.get("Contents", [])
        if last and contents and contents[-1]["Key"] >= last:
            return
