"""What is published loads everywhere it is meant to, and open_clip trains on it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from realsyn_tasks.core import tables
from realsyn_tasks.core.ids import image_id
from realsyn_tasks.sample.webdataset_tar import picture as published_picture
from tests.crawls import picture
from tests.pictures.spoiled import laid, spoiled, upright
from tests.sample.builds import Sample, made_pairs

PAPER = ["raw_image_url", "text1", "text2", "text3", "syn_text"]
SIZE = (40, 30)
WHOLE: dict[str, Any] = {"fit_band": {"low": -1.0, "high": 2.0}}
WHOLE["filter_pairs"] = {"max_text_area": 1.0}


def _encoded(mode: str, kind: str, seed: int = 0) -> bytes:
    image = Image.open(io.BytesIO(picture(seed, SIZE))).convert(mode)
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def _cut_out() -> bytes:
    """A red disc on transparency, under which every pixel is black."""
    pixels = np.zeros((30, 40, 4), dtype=np.uint8)
    pixels[10:20, 10:30] = (200, 0, 0, 255)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


PICTURES = [picture(seed, SIZE) for seed in range(40)] + [
    _encoded("RGB", "PNG"),
    _encoded("RGB", "WEBP", 1),
    _encoded("RGB", "BMP", 2),
    _encoded("P", "GIF", 3),
    _encoded("CMYK", "JPEG", 4),
    _encoded("L", "PNG", 5),
    _encoded("RGB", "TIFF", 6),
    _cut_out(),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published dataset: two shards of Parquet and tar."""
    scratch = tmp_path_factory.mktemp("sample")
    given = made_pairs(PICTURES, shards=2)
    sample = Sample(given, scratch, len(PICTURES), **WHOLE)
    folder = tmp_path_factory.mktemp("published")
    for shard, output in enumerate(sample.outputs["export"]):
        tables.write_table(output.tables["pairs"], folder / f"train-{shard:05d}.parquet")
        (folder / f"{shard:05d}.tar").write_bytes(output.blobs["samples"].read_bytes())
    return folder


def _tars(folder: Path) -> str:
    return str(folder / "{00000..00001}.tar")


def test_parquet_starts_with_the_papers_columns(folder: Path) -> None:
    table = pq.read_table(sorted(folder.glob("*.parquet")))
    assert table.column_names[:5] == PAPER
    assert {str(table.schema.field(name).type) for name in PAPER} == {"string"}
    assert table.num_rows == len(PICTURES)
    for column in table.itercolumns():
        assert column.null_count == 0
    assert table.column_names[-1] == "image"


def test_huggingface_datasets(folder: Path, tmp_path: Path) -> None:
    from datasets import Image as DatasetImage
    from datasets import load_dataset

    loaded = load_dataset(
        "parquet", data_files=str(folder / "*.parquet"), split="train", cache_dir=str(tmp_path)
    )
    assert loaded.column_names[:5] == PAPER
    assert len(loaded) == len(PICTURES)
    assert loaded[0]["raw_image_url"].startswith("https://a.example/")
    assert len(loaded[0]["sentence_ids"]) == 2
    assert isinstance(loaded.features["image"], DatasetImage)
    assert loaded[0]["image"].size == (loaded[0]["width"], loaded[0]["height"])


def test_what_the_page_says_is_in_tables_and_tars_with_its_verdict(folder: Path) -> None:
    rows = _rows(folder)
    assert {row["caption_verdict"] for row in rows} == {"", "no_text"}
    refused = [near for row in rows for near in row["context"] if near["verdict"]]
    assert refused[0] == {
        "text": "It stands there.",
        "offset": -1,
        "verdict": "no_action",
        "sentence_id": None,
    }
    with tarfile.open(folder / "00000.tar") as tar:
        told = [json.load(tar.extractfile(m)) for m in tar if m.name.endswith(".json")]  # type: ignore[arg-type]
    by_key = {row["key"]: row for row in rows}
    for about in told:
        for name in ("caption", "caption_verdict", "context", "licence", "relevance"):
            assert about[name] == by_key[about["key"]][name]


def test_webdataset_agrees_with_parquet(folder: Path) -> None:
    import webdataset

    rows = {row["key"]: row for row in _rows(folder)}
    found = list(webdataset.WebDataset(_tars(folder), shardshuffle=False).decode("pilrgb"))
    assert sorted(sample["__key__"] for sample in found) == sorted(rows)
    for sample in found:
        row, told = rows[sample["__key__"]], sample["json"]
        assert row.pop("image")["path"] == f"{row['key']}.webp"
        [image] = [sample[suffix] for suffix in ("jpg", "png", "webp") if suffix in sample]
        assert image.size == (row["width"], row["height"]) == (told["width"], told["height"])
        assert sample["txt"] == row["text1"]
        assert told.pop("url") == row["raw_image_url"]
        assert told == row


def _rows(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(sorted(folder.glob("*.parquet"))).to_pylist()
    return found


def test_members_are_in_the_papers_layout(folder: Path) -> None:
    with tarfile.open(folder / "00000.tar") as tar:
        members = tar.getmembers()
        names = [member.name for member in members]
        told = json.loads(tar.extractfile(names[1]).read())  # type: ignore[union-attr]
    assert names[:3] == ["0000000000.jpg", "0000000000.json", "0000000000.txt"]
    assert {"text2", "text3", "syn_text", "recaption", "url", "caption", "key", "sha256"} <= set(
        told
    )
    assert {(member.mtime, member.uid, member.uname) for member in members} == {(0, 0, "")}


def test_bytes_of_loadable_images_are_those_of_the_crawl(folder: Path) -> None:
    untouched = {image_id(data): data for data in PICTURES[:42]}
    for row in _rows(folder):
        if row["image_id"] in untouched:
            assert row["sha256"].startswith(row["image_id"])


def test_a_pair_tells_the_md5_of_the_bytes_that_the_crawl_had(folder: Path) -> None:
    md5 = {image_id(data): hashlib.md5(data).hexdigest() for data in PICTURES}
    rows = _rows(folder)
    assert any(not row["sha256"].startswith(row["image_id"]) for row in rows)
    assert all(row["original_md5"] == md5[row["image_id"]] for row in rows)


@pytest.mark.parametrize("data", PICTURES[42:], ids=["bmp", "gif", "cmyk", "grey", "tiff", "alpha"])
def test_every_format_becomes_one_that_loaders_look_for(data: bytes) -> None:
    found = published_picture(data)
    assert found.suffix in ("jpg", "png", "webp")
    with Image.open(io.BytesIO(found.data)) as image:
        assert image.convert("RGB").size == SIZE == (found.width, found.height)


def test_a_cut_out_is_laid_on_white() -> None:
    found = published_picture(_cut_out())
    assert found.converted
    pixels = np.asarray(Image.open(io.BytesIO(found.data)).convert("RGB"))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[15, 15].tolist() == [200, 0, 0]


@pytest.mark.parametrize("noted", [1, 2, 6, 8])
def test_what_a_camera_noted_to_be_upright_is_stored_so(noted: int) -> None:
    data = laid(noted, "JPEG")
    made = published_picture(data)
    assert made.converted == (noted != 1)
    assert (made.width, made.height) == (160, 120)
    shown = np.asarray(Image.open(io.BytesIO(made.data)).convert("RGB"), dtype=int)
    assert np.abs(shown - np.asarray(upright(), dtype=int)).mean() < 8


def test_what_loaders_refuse_is_stored_anew() -> None:
    whole = _encoded("RGB", "JPEG")
    files = [whole[:-2], *spoiled(_encoded("RGB", "PNG")).values()]
    for data in files:
        made = published_picture(data)
        Image.open(io.BytesIO(made.data)).load()
    assert not published_picture(_encoded("RGB", "MPO")).converted


def test_an_opaque_png_with_an_alpha_channel_stays_as_it_is() -> None:
    data = _encoded("RGBA", "PNG")
    assert not published_picture(data).converted
    assert published_picture(data).data == data


def test_open_clip_trains_on_the_tars(folder: Path) -> None:
    """A few steps of open_clip's own loop, through its own loader, lower the loss."""
    losses = _train(folder, epochs=6)
    assert len(losses) == 6 * (len(PICTURES) // 8)
    assert np.isfinite(losses).all()
    assert np.mean(losses[-6:]) < np.mean(losses[:6])


def _train(folder: Path, epochs: int) -> list[float]:
    from realsyn_tasks.models._torchvision import import_torchvision

    import_torchvision()
    import torch
    from open_clip import CLIP, ClipLoss, get_tokenizer, image_transform
    from open_clip_train.data import get_data
    from open_clip_train.train import train_one_epoch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    args = _arguments(folder)
    transform = image_transform(32, is_train=True, mean=(0.5,) * 3, std=(0.5,) * 3)
    data = get_data(args, (transform, transform), tokenizer=get_tokenizer("ViT-B-32"))
    model = CLIP(
        embed_dim=16,
        vision_cfg={"image_size": 32, "patch_size": 16, "width": 32, "layers": 1, "head_width": 16},
        text_cfg={"width": 32, "heads": 2, "layers": 1},
        output_dict=True,
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses: list[float] = []
    loss = _noting(ClipLoss(), losses)
    for epoch in range(epochs):
        train_one_epoch(model, data, loss, epoch, optimizer, None, lambda step: None, None, args)
    return losses


def _arguments(folder: Path) -> Any:
    from open_clip_train.params import parse_args

    given = f"--train-data {_tars(folder)} --dataset-type webdataset --batch-size 8 --workers 0"
    args = parse_args([*given.split(), "--train-num-samples", str(len(PICTURES)), "--device=cpu"])
    args.distributed, args.distill, args.world_size, args.rank = False, False, 1, 0
    args.wandb = False
    return args


def _noting(loss: Any, losses: list[float]) -> Callable[..., Any]:
    def noted(**features: Any) -> Any:
        found = loss(**features)
        losses.append(float(sum(found.values()).detach()))
        return found

    return noted
