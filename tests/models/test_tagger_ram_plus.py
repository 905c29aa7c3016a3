"""RAM++ by the names of its published weights: here a tiny one with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.models import ram_plus
from realsyn_tasks.models.tagger_ram_plus import to_pixels
from tests.models import checkpoints, support
from tests.models.support import drawing

NO_VECTORS = np.zeros((0, 4), np.float32)


def load(checkpoint: Path, **options: Any) -> Any:
    options = {"checkpoint": str(checkpoint)} | options
    return support.load("tagger", "ram_plus", checkpoint.parent / "cache", **options)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    stored = torch.load(folder / "ram_plus_tiny.pth", weights_only=True)
    return dict(stored["model"])


def tagged(model: Any, seeds: range) -> list[Any]:
    tags: list[Any] = model.tag([drawing(seed) for seed in seeds], NO_VECTORS)
    return tags


def test_the_published_names_are_all_of_the_network(tiny_ram_plus: Path) -> None:
    state = weights(tiny_ram_plus)
    assert ram_plus.left_over(state) == []
    model = ram_plus.RamPlus(state)
    merged = model.eye.layers[1].downsample.reduction.weight
    assert torch.equal(merged, state["visual_encoder.layers.0.downsample.reduction.weight"])
    assert model.side == 32


@pytest.mark.parametrize("name", ["fc.bias", "visual_encoder.norm.weight", "reweight_scale"])
def test_weights_that_lack_one_are_refused(name: str) -> None:
    state = checkpoints.ram_plus_weights()
    del state[name]
    with pytest.raises(ConfigError, match="no whole weights"):
        ram_plus.RamPlus(state)


def test_self_attention_that_the_authors_delete_is_left() -> None:
    state = checkpoints.ram_plus_weights()
    extra = "tagging_head.encoder.layer.0.attention.self.query.bias"
    state[extra] = torch.zeros(16)
    assert ram_plus.left_over(state) == [extra]
    ram_plus.RamPlus(state)


def test_probabilities_are_those_of_the_paper(tiny_ram_plus: Path) -> None:
    """Mixed descriptions ask the picture's tokens; written out for one picture and one layer."""
    state = {n: v for n, v in weights(tiny_ram_plus).items() if "encoder.layer.1" not in n}
    model = ram_plus.RamPlus(state)
    pixels = torch.from_numpy(to_pixels(drawing(1), 32))[None]
    labels = state["label_embed"].view(12, 3, 20)
    with torch.inference_mode():
        seen = model.eye.forward_features(pixels).flatten(1, 2)[0]
        both = torch.cat([seen.mean(0, keepdim=True), seen])
        tokens = functional.linear(both, state["image_proj.weight"], state["image_proj.bias"])
        whole = tokens[0] / tokens[0].norm()
        shares = (state["reweight_scale"].exp() * (labels @ whole)).softmax(dim=1)
        mixed = (shares[:, :, None] * labels).sum(1)
        width = (state["wordvec_proj.weight"], state["wordvec_proj.bias"])
        asked = layer_by_hand(state, functional.linear(mixed, *width).relu(), tokens)
        wanted = torch.sigmoid(asked @ state["fc.weight"][0] + state["fc.bias"])
        given = model(pixels, [labels])[0]
    torch.testing.assert_close(given, wanted)


def layer_by_hand(
    state: dict[str, torch.Tensor], asked: torch.Tensor, tokens: torch.Tensor
) -> torch.Tensor:
    def linear(name: str, given: torch.Tensor) -> torch.Tensor:
        place = f"tagging_head.encoder.layer.0.{name}"
        return functional.linear(given, state[f"{place}.weight"], state[f"{place}.bias"])

    def norm(name: str, given: torch.Tensor) -> torch.Tensor:
        place = f"tagging_head.encoder.layer.0.{name}.LayerNorm"
        return functional.layer_norm(
            given, (16,), state[f"{place}.weight"], state[f"{place}.bias"], 1e-12
        )

    query = linear("crossattention.self.query", asked).view(-1, 4, 4)
    key = linear("crossattention.self.key", tokens).view(-1, 4, 4)
    value = linear("crossattention.self.value", tokens).view(-1, 4, 4)
    shares = (torch.einsum("qhd,khd->hqk", query, key) / 2).softmax(-1)
    looked = torch.einsum("hqk,khd->qhd", shares, value).flatten(1)
    asked = norm("crossattention.output", linear("crossattention.output.dense", looked) + asked)
    inner = functional.gelu(linear("intermediate.dense", asked))
    return norm("output", linear("output.dense", inner) + asked)


def test_tags_above_their_own_thresholds_likeliest_first(tiny_ram_plus: Path) -> None:
    lines = (tiny_ram_plus / "ram_tag_list_threshold.txt").read_text().split()
    names = (tiny_ram_plus / "ram_tag_list.txt").read_text().split()
    least = dict(zip(names, map(float, lines), strict=True))
    found = tagged(load(tiny_ram_plus), range(6))
    assert len({str(tags) for tags in found}) > 1  # the pictures are looked at
    for tags in found:
        scores = [score for _, score in tags]
        assert scores == sorted(scores, reverse=True)
        assert all(score > least[name] for name, score in tags)


def test_tags_do_not_depend_on_what_stands_beside(tiny_ram_plus: Path) -> None:
    by_three, by_one = (load(tiny_ram_plus, batch_size=size) for size in (3, 1))
    assert tagged(by_three, range(5)) == tagged(by_one, range(5)) == tagged(by_three, range(5))


def test_any_described_tag_may_be_added(tiny_ram_plus: Path, tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(2, 5, 20))
    others = tmp_path / "others.npz"
    np.savez(others, tags=["hoop house", "dog"], embeddings=rows)
    own = tagged(load(tiny_ram_plus), range(3))
    both = tagged(load(tiny_ram_plus, open_set=str(others), open_threshold=0.0), range(3))
    alone = load(tiny_ram_plus, open_set=str(others), open_threshold=0.0, own_tags=False)
    for mine, all_tags, open_tags in zip(own, both, tagged(alone, range(3)), strict=True):
        assert {name for name, _ in open_tags} == {"hoop house", "dog"}
        assert len({name for name, _ in all_tags}) == len(all_tags)
        assert dict(all_tags)["hoop house"] == dict(open_tags)["hoop house"]
        assert {name for name, _ in mine} <= {name for name, _ in all_tags}


def test_vectors_of_another_width_are_refused(tiny_ram_plus: Path, tmp_path: Path) -> None:
    others = tmp_path / "others.npz"
    np.savez(others, tags=["kite"], embeddings=np.ones((1, 2, 7)))
    with pytest.raises(ConfigError, match=r"must be \(1, descriptions, 20\)"):
        load(tiny_ram_plus, open_set=str(others))


def test_lists_that_are_not_there_are_told_when_a_run_is_opened(
    tiny_ram_plus: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"ram_tag_list\.txt is missing.*recognize-anything"):
        support.resolved(
            "tagger", "ram_plus", tmp_path, checkpoint=str(tiny_ram_plus), lists=str(tmp_path)
        )


def test_a_list_that_is_not_the_weights_own_is_refused(tiny_ram_plus: Path, tmp_path: Path) -> None:
    (tmp_path / "ram_tag_list.txt").write_text("a\nb\nc\nd\ne\n")
    (tmp_path / "ram_tag_list_threshold.txt").write_text("0.5\n" * 5)
    with pytest.raises(ConfigError, match="describe no 5 tags"):
        load(tiny_ram_plus, lists=str(tmp_path))
