from __future__ import annotations

import threading
import time

from realsyn_tasks.views.quiet import Quiet


def test_what_can_wait_waits_until_an_answer_is_ready() -> None:
    quiet, ready, order = Quiet(), threading.Event(), []

    def answer() -> None:
        with quiet.answering():
            ready.set()
            time.sleep(0.05)
            order.append("answer")

    thread = threading.Thread(target=answer)
    thread.start()
    ready.wait()
    assert quiet.wait(pause=0.01)
    order.append("what can wait")
    thread.join()
    assert order == ["answer", "what can wait"]


def test_what_can_wait_does_not_wait_for_ever() -> None:
    quiet = Quiet()
    with quiet.answering():
        assert not quiet.wait(patience=0.01)
    assert not quiet.wait(pause=60, patience=0.01)


def test_nobody_is_waited_for_in_a_viewer_at_rest() -> None:
    assert Quiet().wait(patience=0)
