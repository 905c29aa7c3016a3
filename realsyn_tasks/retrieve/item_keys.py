"""By which tables of a retrieval its items are looked up: the texts that pictures have."""

from __future__ import annotations

from realsyn_tasks.corpus.keys import Bearing

KEYS = (Bearing("merge_matches", "matches", ids=("sentence_id",)),)
