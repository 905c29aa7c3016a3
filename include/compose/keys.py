"""The secrets of this Airflow, in REALSYN_KEYS, and the address that opens its UI.

python keys.py make        each secret once: as the environment has it, or a new one
python keys.py address
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from realsyn_local import keys

SECRETS = {"jwt": "AIRFLOW_JWT_SECRET", "api": "AIRFLOW_SECRET_KEY"}  # file -> variable
LOGIN = "login.json"


def make(folder: Path) -> None:
    """Write what is not there yet; what the environment has goes before what was written."""
    for name, variable in SECRETS.items():
        if given := os.environ.get(variable):
            (folder / name).unlink(missing_ok=True)
        keys.write_once(folder / name, given or secrets.token_urlsafe(48))
    keys.key(folder / LOGIN)


def address(folder: Path) -> str:
    """Give the address that opens the UI on this machine."""
    host = os.environ["REALSYN_HOSTS"].split(",")[0]
    return keys.address(f"http://{host}", keys.key(folder / LOGIN))


def main(command: str) -> int:
    """Do what is asked."""
    folder = Path(os.environ["REALSYN_KEYS"])
    if command == "make":
        make(folder)
    else:
        print(address(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
