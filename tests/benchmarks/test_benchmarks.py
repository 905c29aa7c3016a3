from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks.measure import Options, Row, alternate


def row(suite: str, ours: float, peer: float, unit: str = "CPU s") -> Row:
    return Row(suite, "case", ours, peer, unit, "machine")


def test_ratio_above_one_means_ours_is_better() -> None:
    assert row("a", 2.0, 6.0, "CPU s").ratio == 3.0
    assert row("a", 0.9, 0.3, "recall@3").ratio == pytest.approx(3.0)


def test_what_has_no_peer_has_no_ratio() -> None:
    alone = Row("a", "case", 2.0, None, "images/s", "machine")
    assert (alone.ratio, alone.record()["peer"]) == (None, None)
    bench.show([alone])


def test_a_suite_replaces_its_own_rows_only(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "new" / "results.json")
    bench.save([row("a", 1, 1), row("b", 1, 1)], ["a", "b"])
    bench.save([row("a", 2, 1)], ["a"])
    saved = json.loads(bench.RESULTS.read_text())
    assert {(r["suite"], r["ours"]) for r in saved} == {("b", 1), ("a", 2)}
    assert set(saved[0]) == {"suite", "case", "ours", "peer", "ratio", "unit", "machine"}


def test_a_part_of_a_suite_replaces_its_own_cases_only(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    other = Row("a", "another case", 1, 1, "CPU s", "machine")
    bench.save([row("a", 1, 1), other], ["a"])
    bench.save([row("a", 2, 1)], ["a"], parts=True)
    saved = json.loads(bench.RESULTS.read_text())
    assert {(r["case"], r["ours"]) for r in saved} == {("another case", 1), ("case", 2)}


def test_runs_alternate_and_keep_the_answer() -> None:
    calls: list[str] = []
    ours, peer = alternate(lambda: calls.append("ours"), lambda: calls.append("peer"), 2)
    assert calls == ["ours", "peer"] * 2
    assert ours.wall >= 0 <= peer.cpu


def test_unknown_suites_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "nothing"])
    with pytest.raises(SystemExit):
        bench.arguments()


def test_rules_beside_peers_are_the_filters_own(tmp_path: Path) -> None:
    from tests.benchmarks.filtering import our_rules
    from tests.extract.pictures import encoded, scene

    images = []
    for number, size in enumerate([(100, 100), (99, 200), (301, 100)]):
        images.append(str(tmp_path / f"{number}.jpg"))
        Path(images[-1]).write_bytes(encoded(scene(0, *size)))
    texts = ["Too short", "Write to jane@x.test now.", " ".join(["word"] * 82)]
    parsed = ["A lovely little village.", "The fox ate a hen."]
    found = our_rules({"texts": texts, "parsed": parsed, "images": images}, 1)
    counted = {name: timing["counted"] for name, timing in found.items()}
    assert counted == {"words": 1, "pii": 1, "action": 1, "shape": 1}


def test_what_was_measured_before_a_failure_is_kept(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from tests.benchmarks import vectors

    def failing(options: Options) -> Iterator[Row]:
        yield row("vectors", 3, 1)
        raise RuntimeError("the second case fails")

    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(sys, "argv", ["bench", "vectors"])
    monkeypatch.setattr(vectors, "rows", failing)
    for variable in bench.THREAD_VARIABLES:
        monkeypatch.setenv(variable, "1")
    older = Row("vectors", "older", 1, 1, "CPU s", "machine")
    bench.save([older], ["vectors"])
    with pytest.raises(RuntimeError):
        bench.main()
    saved = json.loads(bench.RESULTS.read_text())
    assert {(r["case"], r["ours"]) for r in saved} == {("older", 1), ("case", 3)}


def test_planned_probes_reach_the_target_for_other_queries() -> None:
    from realsyn_tasks.vectors import search
    from tests.benchmarks.clip_like import texts_and_images
    from tests.benchmarks.vectors_jobs import TARGET, fitted, nearest, planned, recall_of

    base, images = texts_and_images(8_000, 1_500, 64, seed=1)
    fit = fitted(base)
    nprobe = planned(base, images[:1_000], fit)
    truth = search.exact_search(images[1_000:], [base], 3)[0]
    assert 1 < nprobe < len(fit[0])
    assert recall_of(nearest(base, images[1_000:], fit, nprobe), truth) >= TARGET


def test_stages_stand_beside_the_same_work_on_arrays() -> None:
    from tests.benchmarks import vectors_stages
    from tests.benchmarks.vectors_lab import Lab

    lab = Lab(Options(scale=0.001), ModuleType("unused"), "machine", 1.0)
    found = list(vectors_stages.rows(lab))
    compared = [r for r in found if r.peer is not None]
    names = ["search_exactly", "fit_lists", "assign_sentences", "probe_images", "search_lists"]
    names.append("audit_recall")
    assert [r.case.split(": ")[1].split(",")[0] for r in compared[:6]] == names
    assert compared[6].ours == pytest.approx(sum(r.ours for r in compared[:6]))
    assert [r.unit for r in found if r.peer is None] == ["CPU s", "wall s"]


def test_glosses_are_definitions_and_examples(tmp_path: Path) -> None:
    from tests.benchmarks.vectors_real import glosses

    folder = tmp_path / "usr/share/wordnet"
    folder.mkdir(parents=True)
    line = '00001740 03 n 01 cat 0 000 | a feline; a hunter; "the cat sat"; "cats purr"\n'
    (folder / "data.noun").write_text(f"  1 a licence\n{line}")
    found = [text for text in glosses({"wordnet-base": tmp_path}) if text]
    assert found == ["a feline; a hunter", "the cat sat", "cats purr"]


def test_a_peer_reads_template_pages_in_its_own_process() -> None:
    from tests.benchmarks.pages import read_by_peer
    from tests.web.templates.development import TEMPLATES
    from tests.web.templates.pen import written

    pages = written({"ghost": TEMPLATES["ghost"]})
    measures, cpu = read_by_peer(Path(sys.executable), "resiliparse", pages, 1)
    assert measures.recall > 0.5
    assert measures.pictures == 0
    assert cpu > 0


def test_ways_are_run_in_turns_and_the_first_turn_is_not_counted() -> None:
    from tests.benchmarks.models import in_turns

    calls: list[str] = []
    ways = {"ours": lambda: calls.append("ours"), "bare": lambda: calls.append("bare")}
    took = in_turns(ways, 2)
    assert calls == ["ours", "bare"] * 3
    assert min(took["ours"].wall, took["bare"].cpu, took["ours"].thread) >= 0


def test_what_other_threads_do_is_none_of_the_models_thread() -> None:
    from concurrent.futures import ThreadPoolExecutor

    from tests.benchmarks.models import in_turns

    def elsewhere() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: sum(range(1_000_000))).result()

    took = in_turns({"ours": elsewhere}, 1)["ours"]
    assert took.thread < took.cpu / 2


def test_files_are_embedded_as_their_pictures_are(tmp_path: Path) -> None:
    import numpy as np

    from realsyn_tasks.pictures.pixels import decode
    from tests.benchmarks.models import bare_images, bare_texts, draw_files, encoder_of, ours_of
    from tests.models import checkpoints

    (tmp_path / "pictures").mkdir()
    files = draw_files(tmp_path / "pictures", 5)
    checkpoints.clip(tmp_path, {**checkpoints.CLIP, "vision_cfg": TINY_TOWER})
    encoder = encoder_of(tmp_path, "fp32")
    vectors = ours_of(encoder, files)
    pictures = [decode(file.read_bytes(), 640) for file in files]
    np.testing.assert_allclose(vectors, encoder.encode_images(pictures), atol=1e-5)
    bare_images(encoder, files)()
    bare_texts(encoder, ["a text", "another"])()


TINY_TOWER = {"image_size": 224, "layers": 1, "width": 32, "head_width": 16, "patch_size": 32}


def test_many_shards_hold_what_lookups_ask_for(tmp_path: Path) -> None:
    from realsyn_tasks.report.inspection import story_of
    from realsyn_tasks.report.item_search import Search
    from realsyn_tasks.runs.root import Runs
    from realsyn_tasks.stages import PIPELINE
    from tests.benchmarks import lookups, many_items

    many_items.fabricate(tmp_path, 12)
    search = Search(Runs(str(tmp_path), PIPELINE))
    states = {what: story_of(search, key)["state"] for what, key in lookups.keys(12).items()}
    by = ("address of a picture", "SHA-256", "MD5", "key of a sample", "id of a picture")
    assert {states[what] for what in by} == {"published"}
    assert {s for what, s in states.items() if "nobody" in what} == {"never_seen"}
    assert {s for what, s in states.items() if "was dropped" in what} == {"dropped"}
    assert states["picture over the cap"] == "balanced_away"
    assert states["picture without a match"] == "matched_nothing"
