"""Models that a root holds: told by their digest, fetched once, refused if they are not that."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.models import checkpoints, stored
from realsyn_tasks.models.cards import Card

pytestmark = pytest.mark.usefixtures("no_home")
CARD = Card(
    kinds=("language_model",),
    backend="transformers",
    options={"dtype": "float32"},
    memory_gb=1.0,
    licence="Apache-2.0",
    source="a test",
)


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is fetched in the cache folder that is named."""
    monkeypatch.delenv(stored.HOME, raising=False)


def registered(root: Path, content: str = "weights") -> Storage:
    """A root with a model whose checkpoint is one file."""
    folder = root / "made"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(content)
    storage = Storage.at(str(root))
    weights = storage.upload(stored.pack(folder, root / "made.tar"), "tunings/x/weights.tar")
    stored.register(storage, "student", weights, CARD, {"teacher": "itself"})
    return storage


def test_a_registered_model_has_a_card_with_its_place_and_digest(tmp_path: Path) -> None:
    storage = registered(tmp_path)
    card = stored.cards_in(storage)["student"]
    place = card.options["checkpoint"]
    assert place.startswith(f"{tmp_path.as_uri()}/models/student/weights-")
    assert card.options["digest"] in place and card.licence == "Apache-2.0"
    assert (tmp_path / "models/student/lineage.json").read_text().startswith("{")
    assert stored.cards_in(Storage.at(str(tmp_path / "other"))) == {}


def test_its_weights_are_fetched_by_their_digest_and_once(tmp_path: Path) -> None:
    said = stored.cards_in(registered(tmp_path))["student"].options
    options = checkpoints.Checkpoint(checkpoint=said["checkpoint"], digest=said["digest"])
    identity = checkpoints.identify(options, tmp_path / "cache")
    assert identity.text == f"student-{options.digest[:12]}" and not identity.declared
    folder = Path(checkpoints.locate(options, tmp_path / "cache"))
    assert (folder / "config.json").read_text() == "weights"
    for path in (tmp_path / "models/student").iterdir():
        path.unlink()
    assert checkpoints.locate(options, tmp_path / "cache") == str(folder), "it is here already"
    with pytest.raises(ConfigError, match=r"is not there; tune the model again"):
        checkpoints.locate(options, tmp_path / "elsewhere")


def test_other_bytes_than_the_cards_are_refused(tmp_path: Path) -> None:
    registered(tmp_path)
    [file] = tmp_path.glob("models/student/weights-*")
    card = stored.cards_in(Storage.at(str(tmp_path)))["student"]
    file.write_bytes(file.read_bytes().replace(b"weights", b"WEIGHTS"))
    with pytest.raises(ConfigError, match=r"does not have the SHA-256"):
        stored.fetched(card.options["checkpoint"], card.options["digest"], tmp_path / "cache")
    assert not list((tmp_path / "cache/models").glob("stored-*"))


@pytest.mark.parametrize("name", ["../out", "/etc/x", "a/b", ".hidden"])
def test_a_tar_with_anything_but_plain_files_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "w.tar"
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(ConfigError, match="is no file of a checkpoint"):
        stored.unpack(path, tmp_path / "out")


def test_the_same_files_make_the_same_tar(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for file in ("b", "a") if name == "one" else ("a", "b"):
            (tmp_path / name / file).write_text(file)
    first, second = (stored.pack(tmp_path / n, tmp_path / f"{n}.tar") for n in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
