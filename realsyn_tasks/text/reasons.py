"""Why a text is of no use as it stands, wherever it comes from."""

from __future__ import annotations

from realsyn_tasks.core.reasons import Reason

BROKEN_TEXT = Reason("broken_text", "has characters that were lost or decoded wrongly")
