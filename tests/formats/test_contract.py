"""Every format keeps the contract of all formats."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from realsyn_tasks.formats import FORMATS
from tests.formats.builders import BUILDERS
from tests.formats.contract import Case, Contract


def test_every_format_has_a_reader_and_a_builder() -> None:
    modules = [importlib.import_module(spec.module) for spec in FORMATS.values()]
    assert all(callable(module.read) and callable(module.looks_like) for module in modules)
    assert BUILDERS.keys() == FORMATS.keys()


class TestContract(Contract):
    """The contract, once for each format."""

    @pytest.fixture(params=list(FORMATS))
    def case(self, request: pytest.FixtureRequest, tmp_path: Path) -> Case:
        """A format and an empty crawl."""
        return Case(request.param, BUILDERS[request.param], tmp_path / "crawl")
