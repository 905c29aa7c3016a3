"""Roots in S3: data through pyarrow, markers through boto3's conditional put.

Endpoint, region and credentials come from the usual AWS_* variables, so nothing of them is in
configurations or command lines.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow.fs as pafs

from realsyn_tasks.core.storage import ObjectRef, Storage, sha256_of


class S3Storage(Storage):
    """A root below a bucket's prefix."""

    def __init__(self, uri: str) -> None:
        base = uri.removeprefix("s3://").rstrip("/")
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        filesystem = pafs.S3FileSystem(
            endpoint_override=endpoint, region=os.environ.get("AWS_REGION")
        )
        super().__init__(filesystem, base, uri)
        self._bucket, _, self._prefix = base.partition("/")
        self._endpoint = endpoint

    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(retries={"mode": "adaptive", "max_attempts": 8})
        return boto3.client("s3", endpoint_url=self._endpoint, config=config)

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}" if self._prefix else path

    def upload(self, source: Path, path: str) -> ObjectRef:
        self._client().upload_file(str(source), self._bucket, self._key(path))
        with source.open("rb") as original:
            expected = sha256_of(original)
        reference = ObjectRef(path=path, size=source.stat().st_size, sha256=expected)
        self.verify(reference, checksum=True)
        return reference

    def put_if_absent(self, path: str, data: bytes) -> bool:
        from botocore.exceptions import ClientError

        try:
            self._client().put_object(
                Bucket=self._bucket, Key=self._key(path), Body=data, IfNoneMatch="*"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in {"PreconditionFailed", "412"}:
                return False
            raise
        return True

    def replace(self, path: str, data: bytes) -> None:
        self._client().put_object(Bucket=self._bucket, Key=self._key(path), Body=data)
