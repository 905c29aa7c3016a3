"""Exits with 0 if a component of Airflow is well: python healthy.py scheduler.

The API server knows how old each component's heartbeat is. Asking it takes a tenth of a second of
CPU; `airflow jobs check`, which reads the same heartbeats, takes four.
"""

from __future__ import annotations

import json
import sys
import urllib.request

URL = "http://airflow-apiserver:8080/api/v2/monitor/health"


def main(component: str) -> int:
    """Ask for a component: metadatabase, scheduler, dag_processor or triggerer."""
    with urllib.request.urlopen(URL, timeout=10) as answer:
        told = json.load(answer)[component]
    print(json.dumps(told))
    return 0 if told["status"] == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
