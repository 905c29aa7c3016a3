"""What `models fetch` takes over is whole and verified, from a hub or a mirror, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from typer.testing import CliRunner

from realsyn_tasks import cli
from realsyn_tasks.core.errors import ConfigError, TransientError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.models import checkpoints, hub_cache
from realsyn_tasks.models import fetch as fetching
from realsyn_tasks.models.cards import Card
from realsyn_tasks.models.checkpoints import Checkpoint, transformers_offline
from realsyn_tasks.models.fetch import declaration, fetch, mirror
from realsyn_tasks.models.readiness import missing
from tests.models.support import load, resolved
from tests.report.stand_in_hub import COMMIT, Hub, running
from tests.s3.endpoint import Endpoint

pytest_plugins = ["tests.s3.endpoint"]
REPO = "lab/tiny"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of hubs' models of this test's own; a token, and no waiting between tries."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_a_test")
    monkeypatch.setattr(fetching.time, "sleep", lambda seconds: None)
    return tmp_path / "hub"


@pytest.fixture
def hub(tiny_llama: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with a tiny language model."""
    with running() as served:
        served.files = {file.name: file.read_bytes() for file in tiny_llama.iterdir()}
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


def card(**more: Any) -> Card:
    options = {"checkpoint": REPO, "dtype": "float32"}
    fixed = {"kinds": ["language_model"], "backend": "transformers", "options": options}
    return Card(**fixed, memory_gb=1.0, licence="x", source="a test", **more)


def digest(hub: Hub) -> str:
    return hashlib.sha256(hub.files["model.safetensors"]).hexdigest()


def snapshots(place: Path) -> list[Path]:
    return [path for path in place.rglob("snapshots/*/*") if path.is_file()]


def test_what_is_fetched_loads_without_a_network(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = fetch("tiny", card(revision=COMMIT, digest=digest(hub)))
    assert got.weights == "model.safetensors"
    assert {path.name for path in got.folder.iterdir()} == set(hub.files)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    said = {"checkpoint": REPO, "dtype": "float32", "revision": COMMIT, "digest": digest(hub)}
    model = load("perplexity_model", "transformers", tmp_path, **said)
    assert model.perplexity(["a cat"])[0] > 1
    asked = len(hub.asked)
    assert fetch("tiny", card(revision=COMMIT, digest=digest(hub))) == got
    assert len(hub.asked) == asked  # what is here is not got again
    assert hub.tokens == {"Bearer hf_secret_of_a_test"}


def test_a_tokenizer_without_a_configuration_loads_without_a_network(
    hub: Hub, place: Path, tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As open_clip has transformers load SigLIP's, by its name on the hub."""
    hub.files = {name: data for name, data in hub.files.items() if name != "config.json"}
    fetch("tiny", card(files={"*token*": ""}))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    words = transformers_offline().AutoTokenizer.from_pretrained(REPO, cache_dir=str(place))
    known = transformers_offline().AutoTokenizer.from_pretrained(tiny_llama)
    assert words("the cat")["input_ids"] == known("the cat")["input_ids"]


def test_what_was_fetched_is_told_where_the_card_does_not_declare_it(
    hub: Hub, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"realsyn models fetch CARD` gets lab/tiny"):
        resolved("language_model", "transformers", tmp_path, checkpoint=REPO)
    got = fetch("tiny", card())
    assert declaration(card(), got) == {"revision": COMMIT, "digest": digest(hub)}
    here = resolved("language_model", "transformers", tmp_path, checkpoint=REPO)
    said = {"checkpoint": REPO, "revision": COMMIT, "digest": digest(hub)}
    declared = resolved("language_model", "transformers", tmp_path, **said)
    assert (here.resolved, declared.resolved) == ("content", "declared")
    assert here.identity == declared.identity
    assert Path(checkpoints.locate(Checkpoint(checkpoint=REPO), tmp_path)) == got.folder


def test_a_download_that_is_killed_goes_on_where_it_ended(hub: Hub, place: Path) -> None:
    weights = Card(**card().model_dump() | {"files": {"model.safetensors": ""}})
    hub.breaks = [1000]

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("tiny", weights, killed)
    assert not snapshots(place)
    assert hub_cache.fetched(REPO) is None
    got = fetch("tiny", weights)
    (_, first), (_, second) = hub.asked
    assert first == 0 < second <= 1000
    assert got.digest == digest(hub)


def test_a_hub_that_breaks_off_each_time_is_told_so(hub: Hub, place: Path) -> None:
    hub.breaks = [0] * 50
    with pytest.raises(TransientError):
        fetch("tiny", card())
    assert not snapshots(place)


def test_a_broken_answer_is_asked_for_again(hub: Hub) -> None:
    hub.breaks = [100, 10]
    assert fetch("tiny", card()).digest == digest(hub)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"files": {"model.safetensors": "d" * 64}}, "came with SHA-256"),
        ({"digest": "d" * 64}, "no file of lab/tiny.* has the SHA-256"),
        ({"files": {"missing.json": ""}}, "has no file missing.json"),
    ],
)
def test_nothing_is_taken_over_that_is_not_as_declared(
    hub: Hub, place: Path, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        fetch("tiny", card(**more))
    assert not snapshots(place)


def test_a_pickle_is_left_where_there_are_safetensors(hub: Hub) -> None:
    hub.files["pytorch_model.bin"] = b"a pickle"
    assert "pytorch_model.bin" not in fetch("tiny", card()).files
    named = card(files={"pytorch_model.bin": "", "config.json": ""}, revision="0" * 40)
    with pytest.raises(ConfigError, match=r"pytorch_model\.bin is a pickle"):
        fetch("tiny", named)


def test_a_name_that_leaves_the_folder_is_not_written(hub: Hub, place: Path) -> None:
    hub.files["../outside.json"] = b"{}"
    fetch("tiny", card(files={"*": ""}))
    assert not list(place.rglob("outside.json"))


def fill(folder: Path, files: dict[str, bytes], wrong: str = "") -> None:
    repository = folder / REPO / COMMIT
    repository.mkdir(parents=True)
    lines = []
    for name, data in files.items():
        (repository / name).write_bytes(data)
        content = b"another" if name == wrong else data
        lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}")
    (repository / "SHA256SUMS").write_text("\n".join(lines) + "\n")
    (folder / REPO / "refs").mkdir()
    (folder / REPO / "refs" / "main").write_text(COMMIT)


def test_a_mirror_in_a_folder_takes_the_hubs_place(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "mirror", hub.files)
    monkeypatch.setenv("REALSYN_MODELS", f"file://{tmp_path / 'mirror'}")
    got = fetch("tiny", card())
    assert (got.revision, got.digest) == (COMMIT, digest(hub))
    assert not hub.asked


def test_a_mirror_in_a_bucket_takes_the_hubs_place(
    hub: Hub, s3: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in hub.files.items()]
    objects = hub.files | {"SHA256SUMS": "\n".join(lines).encode()}
    for name, data in objects.items():
        s3.overwrite(f"mirror/{REPO}/{COMMIT}/{name}", data)
    monkeypatch.setenv("REALSYN_MODELS", f"{s3.root}/mirror")
    assert fetch("tiny", card(revision=COMMIT)).digest == digest(hub)
    with pytest.raises(ConfigError, match="refs/main is not there"):
        fetch("tiny", card(digest="d" * 64))


def test_a_mirror_without_right_digests_gives_nothing(
    hub: Hub, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "mirror", hub.files, wrong="config.json")
    monkeypatch.setenv("REALSYN_MODELS", f"file://{tmp_path / 'mirror'}")
    with pytest.raises(ConfigError, match=r"config\.json came with SHA-256"):
        fetch("tiny", card())
    (tmp_path / "mirror" / REPO / COMMIT / "SHA256SUMS").write_text("")
    with pytest.raises(ConfigError, match="nothing says what SHA-256"):
        fetch("tiny", card())
    assert not snapshots(place)


def test_the_command_says_what_is_missing_and_gets_it(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "include" / "models").mkdir(parents=True)
    monkeypatch.setenv("REALSYN_INCLUDE", str(tmp_path / "include"))
    (tmp_path / "include/models/tiny.yaml").write_text(card().model_dump_json())

    def run(*words: str) -> str:
        answer = CliRunner().invoke(cli.app, ["models", *words])
        assert answer.exit_code == 0, answer.output
        return answer.output

    lacking = run("check", "tiny")
    assert "weights lab/tiny" in lacking
    assert "realsyn models fetch tiny" in lacking
    assert "to be fetched" in run("list", "--kind", "language_model")
    fetched = run("fetch", "tiny")
    assert f"revision: {COMMIT}" in fetched
    assert f"digest: {digest(hub)}" in fetched
    assert "tiny: is ready" in run("check", "tiny")
    assert " ready" in run("list")


def test_a_mirror_is_filled_by_what_was_fetched_and_fills_another_machine(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = fetch("tiny", card())
    where = Storage.at((tmp_path / "filled").as_uri())
    assert set(mirror("tiny", card(), where).new) == set(hub.files)
    broken = tmp_path / "filled" / REPO / COMMIT / "config.json"
    broken.write_bytes(b"{")
    assert mirror("tiny", card(), where).new == ("config.json",), "the rest is there whole"
    asked = len(hub.asked)
    monkeypatch.setenv("REALSYN_MODELS", where.uri)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "elsewhere"))
    there = fetch("tiny", card())
    assert (there.revision, there.files) == (got.revision, got.files)
    assert there.folder != got.folder
    assert len(hub.asked) == asked


def test_nothing_is_mirrored_that_is_not_here_as_it_was_fetched(hub: Hub, tmp_path: Path) -> None:
    where = Storage.at((tmp_path / "filled").as_uri())
    with pytest.raises(ConfigError, match=r"was not fetched.*realsyn models fetch tiny"):
        mirror("tiny", card(), where)
    got = fetch("tiny", card())
    flip(got.folder / "model.safetensors")
    with pytest.raises(ConfigError, match=r"model\.safetensors .*other bytes"):
        mirror("tiny", card(), where)
    assert not where.listing(REPO, recursive=True)


def flip(path: Path) -> None:
    """Change a byte, and neither size nor name."""
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


def test_a_changed_byte_is_found_where_digests_are_looked_at(hub: Hub, tmp_path: Path) -> None:
    got = fetch("tiny", card())
    flip(got.folder / "model.safetensors")
    assert missing("tiny", card(), tmp_path) == []
    [found] = missing("tiny", card(), tmp_path, digests=True)
    assert "model.safetensors" in found.what
    assert "realsyn models fetch tiny" in found.how
