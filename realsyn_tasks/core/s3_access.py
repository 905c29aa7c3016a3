"""How a process reaches S3: clients, credentials, retries, and errors told in words.

Nothing of this is in configurations or command lines. boto3's usual chain decides:
AWS_ENDPOINT_URL(_S3), AWS_REGION or AWS_DEFAULT_REGION, AWS_PROFILE, keys, AWS_CA_BUNDLE, roles of
pods and machines. Three settings are ours:

    REALSYN_S3_ADDRESSING        path | virtual; without it virtual at AWS, path elsewhere
    REALSYN_S3_CONDITIONAL_PUT   auto | on | off; auto asks an endpoint other than AWS once
    REALSYN_S3_CONCURRENCY       requests in flight per process and prefix, 8 without it
"""

from __future__ import annotations

import logging
import os
import re
from functools import lru_cache
from threading import BoundedSemaphore, RLock
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore import exceptions as boto_errors
from botocore.config import Config
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from realsyn_tasks.core.errors import ConfigError, TransientError
from realsyn_tasks.core.s3_errors import (
    ExpiredCredentials,
    NotSupported,
    PreconditionFailed,
    errors_in_words,
)
from realsyn_tasks.core.s3_listing import quick

log = logging.getLogger(__name__)
MAKING = RLock()

ADDRESSING = "REALSYN_S3_ADDRESSING"
CONDITIONAL_PUT = "REALSYN_S3_CONDITIONAL_PUT"
CONCURRENCY = "REALSYN_S3_CONCURRENCY"
PROBE = ".conditional-put"  # an empty object that tells what the endpoint does

ATTEMPTS = 5  # by boto3 of one request, and then of the whole operation
CONNECT_SECONDS, READ_SECONDS = 10, 60
AMAZON_HOST = re.compile(r"(.+\.)?amazonaws\.com(\.cn)?")


class Access:
    """The clients of one bucket in one process; safe for threads, useless after a fork."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket
        self._session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
        self._lock = RLock()
        self._client: Any = None
        self._slots: dict[str, BoundedSemaphore] = {}
        self.obeys_conditions: bool | None = None  # None: not asked yet
        self.concurrency = int(os.environ.get(CONCURRENCY, "8"))

    @property
    def client(self) -> Any:
        """Give boto3's client, in the bucket's own region."""
        with self._lock:
            self._client = self._client or self._regional_client()
            return self._client

    def _regional_client(self) -> Any:
        client = self._make_client(self._session.region_name or "us-east-1")
        if not _is_amazon(client):
            return client
        region = region_of(client, self.bucket)
        same = region in {None, client.meta.region_name}
        return client if same else self._make_client(region)

    def _make_client(self, region: str | None) -> Any:
        style = os.environ.get(ADDRESSING, "")
        if style not in {"", "path", "virtual"}:
            raise ConfigError(f"{ADDRESSING}={style!r}: use path or virtual")
        config = Config(
            retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            max_pool_connections=max(10, 2 * self.concurrency),
            s3={"addressing_style": style} if style else None,
        )
        return quick(self._session.client("s3", region_name=region, config=config))

    @property
    def is_amazon(self) -> bool:
        """Say whether the endpoint is AWS itself, which needs no asking what it can do."""
        return _is_amazon(self.client)

    def slot(self, prefix: str) -> BoundedSemaphore:
        """Give the turnstile of a prefix, since S3 counts requests by prefix."""
        with self._lock:
            return self._slots.setdefault(prefix, BoundedSemaphore(self.concurrency))


def access(bucket: str) -> Access:
    """Give this process's clients of a bucket, made once for the present settings."""
    watched = tuple((k, v) for k, v in os.environ.items() if k.startswith(("AWS_", "REALSYN_S3_")))
    with MAKING:  # threads that come first together get the same, and share its turnstiles
        return _access(os.getpid(), bucket, tuple(sorted(watched)))


@lru_cache(maxsize=32)
def _access(process: int, bucket: str, settings: tuple[tuple[str, str], ...]) -> Access:
    return Access(bucket)


def forget() -> None:
    """Drop all clients, with all that they have learned of rates and endpoints."""
    _access.cache_clear()


def _is_amazon(client: Any) -> bool:
    return AMAZON_HOST.fullmatch(urlsplit(client.meta.endpoint_url).hostname or "") is not None


def region_of(client: Any, bucket: str) -> str | None:
    """Ask where a bucket is; S3 tells even those whom it lets do nothing else."""
    try:
        response = client.head_bucket(Bucket=bucket)
    except boto_errors.ClientError as error:
        response = error.response
    headers = response["ResponseMetadata"].get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region")
    return str(region) if region else None


def retrying() -> Retrying:
    """Try again what may come right, waiting longer and longer by chance.

    Credentials that have expired are asked for anew: those of a file or a process may be others.
    """
    return Retrying(
        retry=retry_if_exception_type((TransientError, ExpiredCredentials)),
        before_sleep=_renew,
        wait=wait_random_exponential(multiplier=0.1, max=10),
        stop=stop_after_attempt(ATTEMPTS),
        reraise=True,
    )


def _renew(state: RetryCallState) -> None:
    if state.outcome and isinstance(state.outcome.exception(), ExpiredCredentials):
        forget()


def puts_conditionally(reached: Access, probe: str) -> bool:
    """Say whether the endpoint refuses a put with If-None-Match where there is an object.

    AWS does. Others are asked once per process, by putting an empty object twice at most.
    """
    setting = os.environ.get(CONDITIONAL_PUT, "auto")
    if setting not in {"auto", "on", "off"}:
        raise ConfigError(f"{CONDITIONAL_PUT}={setting!r}: use auto, on or off")
    if setting != "auto" or reached.is_amazon:
        return setting != "off"
    if reached.obeys_conditions is None:
        reached.obeys_conditions = _obeys(reached, probe)
    return reached.obeys_conditions


def _obeys(reached: Access, probe: str) -> bool:
    uri = f"s3://{reached.bucket}/{probe}"
    try:
        for _ in range(2):
            with errors_in_words("put_object", uri):
                reached.client.put_object(
                    Bucket=reached.bucket, Key=probe, Body=b"", IfNoneMatch="*"
                )
    except PreconditionFailed:
        return True
    except NotSupported:
        pass
    log.warning("%s: the endpoint has no conditional put; markers are read back instead", uri)
    return False
