"""What multiplies changes no match: a device of torch never, faiss where nothing is nearly tied."""

from __future__ import annotations

from pathlib import Path

import pytest

from realsyn_tasks.stages import PIPELINE
from tests.retrieve.worlds import Corpus, retrieve

FAISS = {"search_lists": {"backend": "faiss"}, "probe_images": {"backend": "faiss"}}
ON_A_DEVICE = ("fit_lists", "assign_sentences", "probe_images", "search_lists")


@pytest.mark.parametrize("name", ON_A_DEVICE)
def test_who_multiplies_asks_for_a_gpu_and_may_choose_faiss(name: str) -> None:
    stage = PIPELINE.stage(name)
    assert stage.needs.gpu
    assert stage.config_class()(backend="faiss")


def test_matches_have_the_same_bytes_on_a_device(tmp_path: Path) -> None:
    here, there = (retrieve(Corpus(seed=4), tmp_path, device=device)[0] for device in (None, "cpu"))
    assert here.equals(there)


def test_faiss_finds_the_same_and_the_audit_says_so(tmp_path: Path) -> None:
    settings = {**FAISS, "assign_sentences": {"backend": "faiss"}}
    exact, _, _ = retrieve(Corpus(seed=4), tmp_path)
    matches, audit, _ = retrieve(Corpus(seed=4), tmp_path, settings=settings, backend="faiss")
    assert matches.equals(exact)
    assert audit["recall_at_3"] >= 0.95
