"""The plan of a repair as a page: every reason in whole, and what can only be judged afterwards.

    {root}/repairs/{digest of the plan}.html

Of the same state of things it is the same page.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from realsyn_tasks.core import templates
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus.entries import printable
from realsyn_tasks.runs.repairs import Repair

FOLDER = "repairs"


def store(storage: Storage, repair: Repair) -> str:
    """Write the page of a plan; give its URI."""
    path = f"{FOLDER}/{digest(asdict(repair))[:16]}.html"
    storage.replace(path, render(repair).encode())
    return f"{storage.uri}/{path}"


def render(repair: Repair) -> str:
    """Give the page; everything on it is escaped, and nothing on it is a link."""
    environment = templates.environment(Path(__file__).parent / "templates")
    environment.filters["plain"] = lambda value: printable(str(value))
    runs = dict.fromkeys([reason.build for reason in repair.reasons])
    by_run = {run: [r for r in repair.reasons if r.build == run] for run in runs}
    template = environment.get_template("repair.html")
    return str(template.render(repair=repair, reasons_by_run=by_run))
