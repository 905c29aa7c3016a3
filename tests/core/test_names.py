"""Names, places, URIs of runs and batches as they come from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.names import LONGEST, numbered, run_uri, safe_name, safe_root, slug
from realsyn_tasks.core.shards import in_ranges
from realsyn_tasks.core.storage import Storage
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.runs.arrivals import extract_name
from realsyn_tasks.runs.choices import Choices
from realsyn_tasks.runs.opening import open_build, open_extract
from realsyn_tasks.stages import PIPELINE
from tests import command
from tests.core.toy import open_toy

FOLDERS = [kind.folder for kind in PIPELINE.kinds]
BAD_NAMES = [
    "../../esc",
    "..",
    "a/b",
    "a\\b",
    ".hidden",
    "-x",
    "Nightly",
    "a b",
    "a..b",
    "é",
    "a\n",
]


@pytest.mark.parametrize("name", [*BAD_NAMES, "", "x" * (LONGEST + 1)])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="the crawl"):
        safe_name(name, "the crawl")


@pytest.mark.parametrize("name", ["a", "12m", "cc-2024.10_b", "0"])
def test_a_name_that_is_a_folder_is_given_back(name: str) -> None:
    assert safe_name(name, "name") == name == Path(name).name


@pytest.mark.parametrize("text", [*BAD_NAMES, "", "x" * 1000])
def test_what_is_made_of_any_text_is_a_name(text: str) -> None:
    assert safe_name(slug(text), "name")
    assert safe_name(extract_name(f"s3://b/crawls/{text.replace('/', '-')}", {}), "name")


@pytest.mark.parametrize("name", ["../../esc", "/tmp/esc", "A"])
def test_no_run_is_opened_outside_of_its_root(name: str, tmp_path: Path) -> None:
    crawl = tmp_path / "crawl"
    crawl.mkdir()
    (crawl / "page.html").write_text("<p>A page with a sentence.</p>")
    root = tmp_path / "deep" / "root"
    with pytest.raises(ConfigError, match="name"):
        open_extract(str(root), str(crawl), name, Choices())
    with pytest.raises(ConfigError):
        open_build(str(root), "5", name, [], Choices())
    with pytest.raises(ConfigError, match="name"):
        open_toy(str(root), name=name)
    assert not list(tmp_path.rglob("config.json"))


SLIPS = ["s3//bucket/x", "s3:/bucket/x", "s3:bucket", "htp://x", "https://h/x", "S3://b", "file:/x"]
ODD = ["", "s3://", "s3:///x", "s3://b/../c", "s3://b//c", "file://host/x", "file:///a/../etc"]
KEYS = ["s3://ann:s3cret@b/x", "s3://b/x?X-Amz-Signature=s3cret", "s3://b/x#token=s3cret"]
HIDDEN = ["file:///a/%2e%2e/b", "s3://b/x?endpoint_override=evil", "file:///a#b", "a\nb", "a\0b"]


@pytest.mark.parametrize("uri", [*SLIPS, *ODD, *HIDDEN])
def test_a_place_with_a_slip_is_refused_and_makes_no_folder(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError):
        safe_root(uri)
    with pytest.raises(ConfigError):
        Storage.at(uri).put_if_absent("x", b"")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("uri", KEYS)
def test_a_place_with_a_key_in_it_is_refused_without_showing_the_key(uri: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Storage.at(uri)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "uri", ["/a//b", "a/b", "../a", "./s3:/x", ".", "s3://b", "s3://b/p/q/", "file:///a%20b/"]
)
def test_plain_paths_and_known_uris_are_places(uri: str) -> None:
    assert safe_root(uri) == uri


@pytest.mark.parametrize(
    "uri",
    ["x", "builds/x", "s3://b/runs/x", "r/builds/..", "r/builds/A", "s3:/builds/x", "/builds/x"],
)
def test_what_is_no_run_is_no_uri_of_one(uri: str) -> None:
    with pytest.raises(ConfigError):
        run_uri(uri, FOLDERS)
    with pytest.raises(ConfigError):
        Workspace.open(uri, PIPELINE)


def test_a_run_has_a_root_a_folder_and_a_name() -> None:
    assert run_uri("s3://b/p/builds/12m/", FOLDERS) == ("s3://b/p", "builds", "12m")


@pytest.mark.parametrize("number", [-1, 3, 99999])
def test_a_batch_that_there_is_not_is_refused(number: int) -> None:
    assert numbered(2, 3, "batch") == 2
    with pytest.raises(ConfigError, match="there are 0 to 2"):
        numbered(number, 3, "batch")


@pytest.mark.parametrize("text", ["0-99999999999", "9" * 5000, "1000000", "1-", "a"])
def test_ranges_of_shards_without_end_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="shards"):
        in_ranges(text)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("run parse --batch 99999", "there are 0 to 0"),
        ("run parse --shards 7", "there are 0 to 0"),
        ("run fetch", "the run's settings leave it out; it has parse, "),
        ("run exprot", "is called 'exprot'"),
        ("run export", "it is of another kind of run"),
        ("gate ../extract", "no stage group is called"),
        ("promote ../../esc", "no stage group is called"),
        ("batches all", "no stage group is called"),
    ],
)
def test_what_a_run_does_not_have_is_a_config_error(
    words: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / "page.html").write_text("<p>A page with a sentence.</p>")
    opened = open_extract(str(tmp_path / "root"), str(tmp_path / "crawl"), "", Choices())
    done = command.run(*words.split(), "--build", opened.uri)
    assert done.returncode == 78, done.stderr
    assert message in done.stderr


def test_generations_that_are_no_numbers_are_a_config_error(tmp_path: Path) -> None:
    words = ["--root", str(tmp_path), "--scale", "5", "--generations", "1,x"]
    done = command.run("open-build", *words)
    assert done.returncode == 78 and "generations '1,x'" in done.stderr


def test_nothing_heavy_is_loaded() -> None:
    code = "import sys, realsyn_tasks.core.names, realsyn_tasks.core.prefixes; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert not {"pyarrow", "numpy", "boto3", "pydantic"} & set(loaded.split())
