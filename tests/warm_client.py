"""Stands for a command of the warm data plane: has it run there, and ends as it ends.

Run as `python -I -S tests/warm_client.py SOCKET WORDS`; imports little, for it is to cost little.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

STREAMS = 3


def main(path: str, words: list[str]) -> int:
    """Run a command; give its exit code, or die of the signal that it died of."""
    request = {"words": words, "environment": dict(os.environ), "folder": os.getcwd()}
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        told = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(server, [told], range(STREAMS))
        server.sendall(told[sent:])
        with server.makefile("r") as answers:
            pid = int(answers.readline())
            signal.signal(signal.SIGTERM, lambda number, frame: os.kill(pid, number))
            code = int(answers.readline())
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
