"""WordNet's and GCIDE's own file formats."""

from __future__ import annotations

from pathlib import Path

from tests.sample_crawl.small import MOUSE, write_gcide, write_wordnet


def test_senses_come_with_what_stands_beside_their_gloss(tmp_path: Path) -> None:
    wordnet = write_wordnet(tmp_path / "wordnet")
    animal, device = wordnet.senses("Mice")
    assert (animal.field, device.field) == ("05", "06")
    assert device.gloss == "a hand-operated device that moves a pointer"
    assert device.names == ("mouse", "computer mouse")
    assert device.examples == ("a mouse takes much room", "he has a mouse")
    assert [sense.lemma for sense in wordnet.related(animal, "~")] == ["field mouse", "house mouse"]
    assert [sense.lemma for sense in wordnet.related(animal, "@")] == ["rodent"]
    assert wordnet.related(device, "@") == []


def test_a_noun_is_looked_up_in_the_singular(tmp_path: Path) -> None:
    wordnet = write_wordnet(tmp_path / "wordnet")
    assert wordnet.senses("brown bears")[0].lemma == "brown bear"
    assert wordnet.senses("unicorn") == []


def test_gcide_definitions_are_clean_prose(tmp_path: Path) -> None:
    gcide = write_gcide(tmp_path / "gcide")
    knob = "A knob made on a rope with spun yarn to prevent a running eye from slipping."
    assert gcide.definitions("mouse") == [MOUSE, knob]
    assert gcide.definitions("unicorn") == []
