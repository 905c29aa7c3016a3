"""What was made in the background is kept by its size, once it is made."""

from __future__ import annotations

import pytest

from realsyn_tasks.views.background import Background


def test_what_is_large_lets_go_of_what_was_asked_for_before_it() -> None:
    made: list[str] = []
    kept = Background(9, 5, len)

    def ready(key: str, size: int) -> str | None:
        def make() -> str:
            made.append(key)
            return key * size

        return kept.ready(key, make, patience=9)

    for key, size in (("a", 2), ("b", 3), ("a", 2), ("c", 9), ("d", 1), ("a", 2), ("d", 1)):
        assert ready(key, size) == key * size
    assert made == [*"abcda"], "once there was another one, c was too large to stay"


def test_what_fails_has_no_size() -> None:
    kept = Background(9, 5, len)
    with pytest.raises(ZeroDivisionError):
        kept.ready("a", lambda: 1 // 0, patience=9)
    assert kept.ready("b", lambda: "x", patience=9) == "x"
