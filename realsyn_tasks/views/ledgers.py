"""The ledgers of the runs that somebody looks at, kept in memory between questions.

A question is answered from what is known; whoever comes first waits for the first look. Objects are
looked at behind the scenes, stage by stage, and what turns out damaged is told by a later answer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from realsyn_tasks.core.config import CONFIG_NAME
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.ledger_view import LedgerView, Snapshot
from realsyn_tasks.core.names import run_uri
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.runs.root import Runs
from realsyn_tasks.stages import PIPELINE
from realsyn_tasks.views.quiet import QUIET

WITHIN = 1.0  # seconds for which a look stands
MOST = 6  # runs that are kept


class Ledgers:
    """The kept ledgers of one process, by run."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], LedgerView] = OrderedDict()
        self._lock = threading.Lock()
        self._lookers: dict[int, threading.Thread] = {}

    def of(self, root: str, build: str) -> LedgerView:
        """Give the ledgers of a run by its URI, or by `builds/NAME`, below a root.

        Raises ConfigError for one that is elsewhere or was never opened.
        """
        uri = uri_of(root, build)
        place = Storage.at(uri)
        key = (uri, place.tag(CONFIG_NAME))
        with self._lock:
            view = self._kept.pop(key, None) or LedgerView(Runs.at(uri))
            if key[1]:  # a configuration of this moment may yet be replaced unseen
                self._kept[key] = view
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return view

    def snapshot(self, view: LedgerView) -> Snapshot:
        """Give the state of a run, not older than a second, and see to it that objects are seen."""
        snapshot = view.snapshot(WITHIN)
        if not snapshot.looked_at:
            self._look_behind(view)
        return snapshot

    def forget(self) -> None:
        """Keep nothing any longer."""
        with self._lock:
            self._kept.clear()

    def _look_behind(self, view: LedgerView) -> None:
        with self._lock:
            self._lookers = {n: each for n, each in self._lookers.items() if each.is_alive()}
            if id(view) not in self._lookers:
                looker = threading.Thread(target=_look, args=(view,), name="objects", daemon=True)
                self._lookers[id(view)] = looker
                looker.start()


def _look(view: LedgerView) -> None:
    """Look at the objects, stage by stage, when nobody waits for an answer."""
    QUIET.wait()
    for _ in view.look_at_objects():
        QUIET.wait()


def uri_of(root: str, build: str) -> str:
    """Give the URI of a run; ConfigError for one that is not below the root."""
    base = Storage.at(root).uri
    uri = build if "://" in build or build.startswith("/") else f"{base}/{build}"
    found, folder, name = run_uri(uri, [kind.folder for kind in PIPELINE.kinds])
    if Storage.at(found).uri != base:
        raise ConfigError(f"{build} is not a run of {base}")
    return f"{base}/{folder}/{name}"


LEDGERS = Ledgers()
