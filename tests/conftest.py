"""What all tests share: the runs that they open are of tiny models, as of a deployment's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import tiny


@pytest.fixture(scope="session", autouse=True)
def tiny_backends() -> Iterator[None]:
    """Deploy tiny models in place of the embedded ones, here and in processes started from here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(tiny.VARIABLE, tiny.BACKENDS)
        yield


@pytest.fixture
def embedded_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs be of the embedded models after all."""
    monkeypatch.delenv(tiny.VARIABLE)
