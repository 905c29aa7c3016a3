"""The tiny data plane, which notes what each of its processes cost: for the orchestration suite."""

from __future__ import annotations

import json
import os
import sys
import time

from realsyn_tasks import cli
from tests.tiny_data_plane import deploy


def main() -> None:
    """Run a command, then append a line about it to the file REALSYN_METER."""
    deploy()
    try:
        cli.main()
    finally:
        line = json.dumps({"words": sys.argv[1:], "cpu": time.process_time()}) + "\n"
        with open(os.environ["REALSYN_METER"], "a", encoding="utf-8") as meter:
            meter.write(line)


if __name__ == "__main__":
    main()
