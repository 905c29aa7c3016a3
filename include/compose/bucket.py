"""Makes the bucket of REALSYN_ROOT and puts crawls into it.

    python bucket.py make
    python bucket.py upload NAME [FOLDER]     to REALSYN_ROOT/crawls/NAME, from /crawl
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=4)


def make(client: Any, bucket: str) -> None:
    """Make the bucket unless it is there."""
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        region = client.meta.region_name
        where = {"LocationConstraint": region} if region != "us-east-1" else None
        client.create_bucket(
            Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {})
        )
    print(f"bucket {bucket} is there", file=sys.stderr)


def upload(client: Any, bucket: str, prefix: str, folder: Path) -> int:
    """Put all files of a folder under a prefix; gives their number."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for file in files:
        client.upload_file(str(file), bucket, f"{prefix}/{file.relative_to(folder).as_posix()}")
    return len(files)


def main() -> int:
    """Do what is asked; 1 with the reason if it fails."""
    arguments = _parser().parse_args()
    root = urlsplit(os.environ["REALSYN_ROOT"])
    client = boto3.client("s3", region_name=os.environ.get("AWS_REGION"), config=CONFIG)
    try:
        make(client, root.netloc)
        if arguments.command == "upload":
            started = time.monotonic()
            place = f"{root.path}/crawls/{arguments.name}".strip("/")
            count = upload(client, root.netloc, place, arguments.folder)
            if not count:
                print(f"error: {arguments.folder} holds no files; mount a crawl", file=sys.stderr)
                return 1
            print(f"{count} files in {time.monotonic() - started:.1f} s", file=sys.stderr)
            print(f"s3://{root.netloc}/{place}")
    except (BotoCoreError, ClientError, OSError) as error:
        print(f"error: {error}; check the S3 settings (docker-compose.yaml)", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("make")
    uploading = commands.add_parser("upload")
    uploading.add_argument("name", help="the crawl's name")
    uploading.add_argument("folder", type=Path, nargs="?", default=Path("/crawl"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
