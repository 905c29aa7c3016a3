"""Run the checks one after another, print a line for each, and fail if one of them does."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path
from typing import Any

from realsyn_tasks.vectors import native
from tests.gpu import model_checks, training_checks, vector_checks
from tests.gpu.checks import Surroundings, run, tables

# faiss is the last: what fails in it ends the process
CHECKS = (
    *vector_checks.CHECKS,
    *model_checks.CHECKS,
    *training_checks.CHECKS,
    vector_checks.faiss_backend,
)


def main() -> int:
    options = _options()
    where = Surroundings(options.device, options.small)
    about = _about(where)
    print(json.dumps(about), flush=True)
    outcomes = []
    for check in CHECKS:
        outcomes.append(run(check, where))
        print(outcomes[-1].line(), flush=True)
        if outcomes[-1].state == "failed":
            print(outcomes[-1].detail, flush=True)
    if options.json:
        content = {**about, "checks": [outcome.record() for outcome in outcomes]}
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if options.table:
        written = f"On {about['device']}, torch {about['torch']}:\n\n{tables(outcomes)}"
        options.table.write_text(written, encoding="utf-8")
    return int(any(outcome.state == "failed" for outcome in outcomes))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/gpu/run.sh", description=__doc__)
    parser.add_argument("--device", default="cuda", help="of torch")
    parser.add_argument("--small", action="store_true", help="sizes for a CPU")
    parser.add_argument("--json", type=Path, help="also write what was seen to a file")
    parser.add_argument("--table", type=Path, help="also write it as tables, in Markdown")
    return parser.parse_args()


def _about(where: Surroundings) -> dict[str, Any]:
    import torch

    cuda = where.device.startswith("cuda")
    return {
        "device": torch.cuda.get_device_name() if cuda else where.device,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "kernel": native.kernel_name(),
    }


if __name__ == "__main__":
    sys.exit(main())
