"""Cards are complete, name what there is, and are found by the model, not by a name."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from realsyn_tasks.core.config import ModelSpec, ResolvedModel
from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.kinds import EXTRACT
from realsyn_tasks.models._torchvision import import_torchvision
from realsyn_tasks.models.cards import Card, cards, model_set, model_set_names, read_card
from realsyn_tasks.models.deployment import OWN, Deployment, options_of
from realsyn_tasks.models.recipes import RECIPES
from realsyn_tasks.models.resolution import Asked, resolve
from realsyn_tasks.runs.choices import Choices, settled
from realsyn_tasks.runs.layers import Layer
from realsyn_tasks.runs.models import calibrations, require_calibrated
from realsyn_tasks.stages import PIPELINE
from tests.models.support import own

CARD = {"kinds": ["encoder"], "backend": "open_clip", "memory_gb": 1.0, "licence": "x"}


def test_what_comes_with_the_project_is_right(tmp_path: Path) -> None:
    for name, card in cards().items():
        for kind in card.kinds:
            of_output, of_running = options_of(own(tmp_path).backend(kind, card.backend))
            of_output(**{k: v for k, v in card.options.items() if k not in of_running.model_fields})
            of_running(**{k: v for k, v in card.options.items() if k in of_running.model_fields})
        for stage, settings in card.stages.items():
            PIPELINE.stage(stage).config_class()(**settings)
        assert all(PIPELINE.stage(stage) for stage in card.calibrate), name
        assert card.about, name
        assert card.suits, name
        assert card.disk_gb or not card.repository, name
        assert card.prepared in ("", *(recipe.name for recipe in RECIPES)), name


def test_encoders_are_architectures_and_tags_of_open_clip() -> None:
    import_torchvision()
    import open_clip

    for name, card in cards().items():
        if card.backend == "open_clip":
            asked = (card.options["model"], card.options["pretrained"])
            assert asked in open_clip.list_pretrained(), name
            told = open_clip.get_pretrained_cfg(*asked)
            assert told["hf_hub"].strip("/") == card.repository, name


def test_what_stands_in_a_set_are_cards_of_their_kinds() -> None:
    known = cards()
    for name in model_set_names():
        for kind, spec in model_set(name).models.items():
            assert kind in known[spec.name].kinds, (name, kind)


def test_rules_that_are_to_be_measured_first_are_named_at_opening(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    card = deployment.cards["small"].model_copy(update={"stages": {}})
    due = {"link_neighbours": "warn", "fit_relevance": "warn"}
    with_due = {"small": card.model_copy(update={"calibrate": due})}
    here = Deployment(deployment.cache, with_due, OWN)
    model = {"encoder": resolve("encoder", Asked(ModelSpec(name="small")), here)}
    filters = Layer({}, "include/filters.yaml", "")
    require_calibrated(model, [filters], here)
    said = capsys.readouterr().err
    assert "encoder small: link_neighbours, fit_relevance not measured for it" in said
    assert "link_neighbours: `realsyn calibrate small --kind encoder --images DIR" in said
    assert "fit_relevance: `realsyn label --build URI --candidates`" in said
    chosen = Layer({"link_neighbours": {"image_cosine": 0.9}}, "--options")
    strict = {"small": card.model_copy(update={"calibrate": {"link_neighbours": "refuse"}})}
    refusing = Deployment(deployment.cache, strict, OWN)
    with pytest.raises(ConfigError, match=r"realsyn calibrate small .* write it into include/"):
        require_calibrated(model, [filters], refusing)
    require_calibrated(model, [filters, chosen], refusing)


def test_what_was_measured_for_one_model_does_not_count_for_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = Deployment.here()
    spec = ModelSpec(name="bge-reranker-base", options={"revision": "c" * 40, "digest": "d" * 64})
    own = {
        "encoder": resolve("encoder", Asked(ModelSpec(name="conse")), here),
        "reranker": resolve("reranker", Asked(spec), here),
    }
    layers = [Layer({}, "include/filters.yaml", ""), *calibrations(own, here)]
    require_calibrated(own, layers, here)
    said = capsys.readouterr().err
    assert "reranker bge-reranker-base: fit_relevance, generate_texts not measured for it" in said
    assert "realsyn calibrate bge-reranker-base --kind reranker --texts PAIRS.tsv" in said
    chosen = {"fit_relevance": {"judged": None}, "generate_texts": {"min_about": None}}
    require_calibrated(own, [*layers, Layer(chosen, "--options")], here)
    assert not capsys.readouterr().err


@pytest.mark.parametrize("how", ["warn", "refuse"])
def test_a_scorer_that_settings_name_is_to_be_measured_first(
    how: str,
    planted_head: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It cannot be named without a number, which says nothing of whether that was measured."""
    options = {"weights": str(planted_head / "head.npz")}
    fixed = {"kinds": ["vector_scorer"], "backend": "linear_head", "options": options}
    head = Card(**fixed, calibrate={"embed_images": how}, memory_gb=0.1, licence="x", source="y")
    known = cards() | {"head": head}
    monkeypatch.setattr("realsyn_tasks.models.deployment.cards", lambda: known)
    own = {"encoder": resolve("encoder", Asked(ModelSpec(name="conse")), Deployment.here())}
    scorers = [{"model": "head", "max_score": 0.5}]
    choices = Choices(stages={"embed_images": {"scorers": scorers}})
    if how == "refuse":
        with pytest.raises(ConfigError, match=r"take embed_images out of `calibrate` in include/"):
            settled(choices, EXTRACT, own)
        return
    settled(choices, EXTRACT, own)
    said = capsys.readouterr().err
    assert "vector_scorer head: embed_images not measured for it, and what stands beside" in said
    assert "`realsyn calibrate head --kind vector_scorer --images DIR --encoder CARD`" in said


def test_a_card_under_vllm_bounds_its_context() -> None:
    """By itself vLLM wants room for one text as long as the model can read: 262,144 tokens."""
    of_vllm = {name: card for name, card in cards().items() if card.backend == "vllm"}
    lengths = {name: card.options["engine"]["max_model_len"] for name, card in of_vllm.items()}
    assert of_vllm
    assert set(lengths.values()) == {4096}


def test_each_rule_that_a_card_has_measured_first_has_a_way_to_measure_it() -> None:
    ways = {stage for group in PIPELINE.groups for stage in group.measured_by}
    assert ways >= {stage for card in cards().values() for stage in card.calibrate}
    assert all(PIPELINE.stage(stage) for stage in ways)


def test_a_wrong_word_in_a_card_is_named(tmp_path: Path) -> None:
    path = tmp_path / "clip.yaml"
    path.write_text(yaml.safe_dump(CARD | {"sourc": "y"}))
    with pytest.raises(ConfigError, match=r"clip\.yaml: source is missing; .*sourc: did you mean"):
        read_card(path)


def clip(parent: Path, name: str, cosine: float) -> Card:
    folder = parent / name
    folder.mkdir()
    (folder / "open_clip_pytorch_model.bin").write_bytes(name.encode())
    stages = {"link_neighbours": {"image_cosine": cosine}}
    options = {"model": f"local-dir:{folder}", "batch_size": 2}
    return Card(**CARD, source="y", options=options, stages=stages)


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    known = {"small": clip(tmp_path, "small", 0.91), "large": clip(tmp_path, "large", 0.97)}
    return Deployment(tmp_path / "cache", known, OWN)


def thresholds(deployment: Deployment, spec: ModelSpec) -> list[float]:
    model: ResolvedModel = resolve("encoder", Asked(spec), deployment)
    layers = calibrations({"encoder": model}, deployment)
    return [layer.stages["link_neighbours"]["image_cosine"] for layer in layers]


def test_models_of_one_backend_have_thresholds_of_their_own(deployment: Deployment) -> None:
    assert thresholds(deployment, ModelSpec(name="small")) == [0.91]
    assert thresholds(deployment, ModelSpec(name="large")) == [0.97]


def test_a_model_asked_for_by_its_backend_has_its_thresholds_too(deployment: Deployment) -> None:
    options = deployment.cards["large"].options
    again = ModelSpec(name="open_clip", options={**options, "batch_size": 64})
    assert thresholds(deployment, again) == [0.97]


def test_another_model_has_none_of_them(deployment: Deployment) -> None:
    other = ModelSpec(name="large", options={"precision": "bf16"})
    assert thresholds(deployment, other) == []


def test_a_rule_that_asks_for_a_kind_takes_its_thresholds_from_that_kind() -> None:
    here = Deployment.here()
    writer = ResolvedModel(
        kind="language_model",
        name="x",
        backend="transformers",
        identity="x",
        card="smollm2-135m-instruct",
    )
    [layer] = calibrations({"language_model": writer}, here)
    assert layer.stages == {}
    [layer] = calibrations({"perplexity_model": writer}, here)
    assert set(layer.stages) == {"filter_perplexity"}


def test_what_a_card_declares_does_not_hold_for_other_weights(tmp_path: Path) -> None:
    card = Card(
        **{**CARD, "kinds": ["language_model"], "backend": "vllm"},
        source="y",
        options={"checkpoint": "hub/model"},
        revision="r",
        digest="d",
    )
    deployment = Deployment(tmp_path, {"big": card}, OWN)
    asked = ModelSpec(name="big", options={"tensor_parallel_size": 4})
    assert resolve("language_model", Asked(asked), deployment).resolved == "declared"
    other = ModelSpec(name="big", options={"checkpoint": "hub/other"})
    with pytest.raises(ConfigError, match=r"hub/other .* declare its revision and digest"):
        resolve("language_model", Asked(other), deployment)


def test_cards_of_a_root_come_after_those_of_the_project(deployment: Deployment) -> None:
    theirs = deployment.cards["large"]
    more = {"small": theirs, "tuned": theirs.model_copy(update={"licence": "their own"})}
    both = deployment.with_cards(more, "s3://bucket/root/models")
    assert both.cards["small"] == deployment.cards["small"]
    assert both.offered("encoder")[:3] == ["small", "large", "tuned"]
    assert both.place_of("tuned") == "s3://bucket/root/models/tuned/card.yaml"
    assert both.place_of("small") == "include/models/small.yaml"
    wrong = both.with_cards({"odd": theirs.model_copy(update={"backend": "opne"})}, "root/models")
    with pytest.raises(ConfigError, match=r"root/models/odd/card\.yaml: backend"):
        resolve("encoder", Asked(ModelSpec(name="odd")), wrong)
