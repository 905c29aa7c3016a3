"""What was made last is kept: so many values, and no more of them than fit together."""

from __future__ import annotations

from realsyn_tasks.core.recent import Recent


def test_the_last_that_were_asked_for_are_kept() -> None:
    recent: Recent[str] = Recent(2)
    recent.put("a", "1")
    recent.put("b", "2")
    assert recent.of("a", lambda: "other") == "1"
    recent.put("c", "3")
    assert [recent.get(key) for key in "abc"] == ["1", None, "3"]


def test_of_what_has_a_size_as_much_is_kept_as_fits_together() -> None:
    recent: Recent[str] = Recent(9, 5, len)
    for key, value in (("a", "xx"), ("b", "xxx"), ("c", "x")):
        recent.put(key, value)
    assert [recent.get(key) for key in "abc"] == [None, "xxx", "x"]
    recent.put("d", "x" * 99)
    assert [recent.get(key) for key in "bcd"] == [None, None, "x" * 99], "the last one stays"
