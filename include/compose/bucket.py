"""Makes the bucket of REALSYN_ROOT and puts crawls into it.

python bucket.py make
python bucket.py upload NAME [FOLDER]     to REALSYN_ROOT/crawls/NAME, from /crawl
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

MARKER = "_SUCCESS"  # tells realsyn_ingest that a crawl is whole (include/profiles: ingest)


def make(client: Any, bucket: str) -> None:
    """Make the bucket unless it is there."""
    from botocore.exceptions import ClientError

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
    """Put all files of a folder under a prefix, the marker last; gives their number.

    OSError if it has none.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    files = [path for path in files if path != folder / MARKER]
    if not files:
        raise FileNotFoundError(f"there is no file in {folder}: mount a crawl there")
    for file in files:
        client.upload_file(str(file), bucket, f"{prefix}/{file.relative_to(folder).as_posix()}")
    client.put_object(Bucket=bucket, Key=f"{prefix}/{MARKER}", Body=b"")
    return len(files)


def main() -> int:
    """Do what is asked; 1 with the reason if it fails."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    arguments = _parser().parse_args()
    try:
        _run(arguments, urlsplit(os.environ["REALSYN_ROOT"]))
    except (Boto3Error, BotoCoreError, ClientError, OSError) as error:
        print(f"error: {error}; check the S3 settings (docker-compose.yaml)", file=sys.stderr)
        return 1
    return 0


def _run(arguments: argparse.Namespace, root: SplitResult) -> None:
    client = _client()
    make(client, root.netloc)
    if arguments.command == "upload":
        place = f"{root.path}/crawls/{arguments.name}".strip("/")
        count = upload(client, root.netloc, place, arguments.folder)
        print(f"{count} files uploaded", file=sys.stderr)
        print(f"s3://{root.netloc}/{place}")


def _client() -> Any:
    import boto3
    from botocore.config import Config

    config = Config(retries={"mode": "standard", "total_max_attempts": 5})
    return boto3.client("s3", region_name=os.environ.get("AWS_REGION"), config=config)


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
