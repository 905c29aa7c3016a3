from __future__ import annotations

from pathlib import Path
from typing import Any

from realsyn_tasks.core.stage import Dropped
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.corpus import removals, tombstones
from realsyn_tasks.corpus.entries import Entry
from realsyn_tasks.corpus.tombstones import Request
from realsyn_tasks.datasets.change_reasons import Cause, Explained, Why, explain
from realsyn_tasks.datasets.changes import Changes, compare
from realsyn_tasks.datasets.differences import Side, differences
from realsyn_tasks.datasets.publication import publications
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.sample.reasons import OVER_CAP, TEXT_IN_PICTURE
from realsyn_tasks.stages import PIPELINE
from tests.datasets.handmade import build, generation, named, pair, version


def whys(old: Version, new: Version) -> dict[str, Why]:
    """Give the cause of every pair that differs, by its id."""
    made, explained = explained_of(old, new)
    names = [name.decode() for name in made.rows["id"].tolist()]
    return {name: explained.whys[c] for name, c in zip(names, explained.codes, strict=True)}


def explained_of(old: Version, new: Version) -> tuple[Changes, Explained]:
    notes = publications(old.storage)
    sides = [Side.of(each, notes, PIPELINE) for each in (old, new)]
    made = compare(old, new)
    return made, explain(made, *sides, differences(*sides))


def both(root: Path, before: list[Any], after: list[Any], **after_build: Any) -> dict[str, Why]:
    """Publish two versions over one generation, with their builds, and explain."""
    first = generation(root, 1, ["a", "b", "c"], ["a 1", "a 2", "b 1", "b 2"])
    about = {"generations": (first.reference(),)}
    old, new = version(root, [before], **about), version(root, [after], **about)
    build(root, old)
    build(root, new, name="second", **after_build)
    return whys(old, new)


def test_what_the_later_build_dropped_says_by_which_stage_and_why(tmp_path: Path) -> None:
    drops = {
        "balance": [Dropped("pair", named("b"), OVER_CAP)],
        "filter_pairs": [Dropped("pair", named("c"), TEXT_IN_PICTURE)],
    }
    told = both(tmp_path, [pair("a"), pair("b"), pair("c")], [pair("a")], drops=drops)
    assert told == {
        named("b"): Why("removed", Cause.DROPPED, "balance", "over_cap"),
        named("c"): Why("removed", Cause.DROPPED, "filter_pairs", "text_in_picture"),
    }


def test_a_pair_that_was_over_the_cap_before_is_added(tmp_path: Path) -> None:
    old, new = version(tmp_path, [[pair("a")]]), version(tmp_path, [[pair("a"), pair("b")]])
    build(tmp_path, old, {"balance": [Dropped("pair", named("b"), OVER_CAP)]})
    build(tmp_path, new, name="second")
    assert whys(old, new) == {named("b"): Why("added", Cause.DROPPED, "balance", "over_cap")}


def test_pairs_of_a_new_generation_and_of_one_left_out(tmp_path: Path) -> None:
    refs = [
        generation(tmp_path, number, [word]).reference() for number, word in ((1, "a"), (2, "b"))
    ]
    old = version(tmp_path, [[pair("a")]], generations=(refs[0],))
    new = version(tmp_path, [[pair("b")]], generations=(refs[1],))
    build(tmp_path, old)
    build(tmp_path, new, name="second")
    assert whys(old, new) == {
        named("a"): Why("removed", Cause.GENERATION, "1"),
        named("b"): Why("added", Cause.GENERATION, "2"),
    }


def test_what_was_taken_down_names_its_request(tmp_path: Path) -> None:
    storage = Storage.at(str(tmp_path))
    known = generation(tmp_path, 1, ["a", "b"], ["b 1", "b 2", "b 3"])
    about = {"generations": (known.reference(),)}
    old = version(tmp_path, [[pair("a"), pair("b")]], **about)
    build(tmp_path, old)
    url = Entry("url", "https://pictures.example/a")
    text = Entry("url", "https://pages.example/b 1".replace(" ", "%20"))
    requests = [Request.of((entry,)) for entry in (url, text)]
    for request in requests:
        tombstones.file(storage, request)
    removals.pinned(storage, [known])
    new = version(tmp_path, [[pair("b", "b 2", "b 3")]], **about)
    build(tmp_path, new, name="second")
    assert whys(old, new) == {
        named("a"): Why("removed", Cause.TAKEN_DOWN, requests[0].id),
        named("b"): Why("changed", Cause.TAKEN_DOWN, requests[1].id),
    }


def test_a_better_text_is_of_a_new_generation(tmp_path: Path) -> None:
    first = generation(tmp_path, 1, ["a"], ["a 1", "a 2"])
    second = generation(tmp_path, 2, [], ["better"])
    old = version(tmp_path, [[pair("a")]], generations=(first.reference(),))
    new = version(
        tmp_path,
        [[pair("a", "better", "a 1")]],
        generations=(first.reference(), second.reference()),
    )
    build(tmp_path, old)
    build(tmp_path, new, name="second")
    assert whys(old, new) == {named("a"): Why("changed", Cause.BETTER_TEXT, "2")}
    assert whys(new, old) == {named("a"): Why("changed", Cause.LOST_TEXT, "2")}


def test_settings_of_retrieve_change_texts_and_are_named(tmp_path: Path) -> None:
    stages = build(tmp_path, version(tmp_path, [[pair("z")]]), name="any").config.stages
    other = {**stages["merge_matches"], "max_similarity": 0.5}
    changed = {**stages, "merge_matches": other}
    after = [pair("a", "b 1"), pair("b", "b 2", "b 1")]
    told = both(tmp_path, [pair("a"), pair("b")], after, stages=changed)
    assert set(told.values()) == {Why("changed", Cause.SETTINGS, "retrieve")}


def test_what_follows_from_nothing_known_says_so(tmp_path: Path) -> None:
    before = [pair("a"), pair("b"), pair("c"), pair("d")]
    after = [
        pair("a", "a 2", "a 1"),
        pair("b", cluster_id=7),
        pair("c", licence="CC-BY-4.0", cluster_id=7),
        pair("d", syn_text="another"),
    ]
    assert both(tmp_path, before, after) == {
        named("a"): Why("changed", Cause.REORDERED),
        named("b"): Why("changed", Cause.FOLLOWS, "clusters"),
        named("c"): Why("changed", Cause.PAGE),
        named("d"): Why("changed", Cause.UNKNOWN),
    }


def test_versions_whose_builds_are_gone_are_explained_by_generations_alone(tmp_path: Path) -> None:
    ref = generation(tmp_path, 1, ["b"]).reference()
    old = version(tmp_path, [[pair("a")]])
    new = version(tmp_path, [[pair("b")]], generations=(ref,))
    assert whys(old, new) == {
        named("a"): Why("removed", Cause.UNKNOWN),
        named("b"): Why("added", Cause.GENERATION, "1"),
    }


def test_causes_are_counted_the_most_frequent_first(tmp_path: Path) -> None:
    drops = {"balance": [Dropped("pair", named(word), OVER_CAP) for word in ("b", "c")]}
    old, new = version(tmp_path, [[pair(w) for w in "abcd"]]), version(tmp_path, [[pair("a")]])
    build(tmp_path, old)
    build(tmp_path, new, drops, name="second")
    _, explained = explained_of(old, new)
    assert explained.counts() == [
        (Why("removed", Cause.DROPPED, "balance", "over_cap"), 2),
        (Why("removed", Cause.UNKNOWN), 1),
    ]
