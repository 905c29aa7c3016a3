"""Fetching packages: from the cache, through apt, and what is said when neither works."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from realsyn_tasks.sample_crawl import packages
from realsyn_tasks.sample_crawl.packages import MissingApt, Package, fetch

HELP = Package("demo-help", ("usr/share/demo/*.html",), "MIT", "help pages")

FAKE_APT = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
  *Dir::State::lists*update*) exit 0 ;;
  *Dir::State::lists*download*) {then} ;;
  *) echo "E: Unable to locate package demo-help" >&2; exit 100 ;;
esac
"""

needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="dpkg-deb is not here")


def write_deb(folder: Path) -> Path:
    """A real package with one page to keep, one file to leave, and a link to somewhere else."""
    tree = folder / "tree"
    (tree / "usr/share/demo").mkdir(parents=True)
    (tree / "usr/share/doc/demo-help").mkdir(parents=True)
    (tree / "DEBIAN").mkdir()
    control = "Package: demo-help\nVersion: 2:1.5\nArchitecture: all\nMaintainer: a <a@b.example>\n"
    (tree / "DEBIAN/control").write_text(f"{control}Description: demo\n")
    (tree / "usr/share/demo/page.html").write_text("<p>Help.</p>")
    (tree / "usr/share/demo/data.bin").write_text("not wanted")
    (tree / "usr/share/demo/link.html").symlink_to("/etc/hostname")
    (tree / "usr/share/doc/demo-help/copyright").write_text("MIT")
    deb = folder / "demo-help_2%3a1.5_all.deb"
    subprocess.run(["dpkg-deb", "--build", tree, deb], check=True, capture_output=True)
    return deb


def put_apt_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str) -> Path:
    log = tmp_path / "apt.log"
    fake = tmp_path / "bin" / "apt-get"
    fake.parent.mkdir()
    fake.write_text(FAKE_APT.format(log=log, then=then))
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    return log


def test_what_is_in_the_cache_needs_no_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    root = tmp_path / "packages" / "demo-help_1.5"
    root.mkdir(parents=True)
    found = fetch(tmp_path, [HELP])
    assert (found["demo-help"].root, found["demo-help"].version) == (root, "1.5")


def test_without_apt_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingApt) as error:
        fetch(tmp_path / "cache", [HELP])
    for words in ("apt-get and dpkg-deb", "demo-help", "make build CRAWL=", "cache/packages"):
        assert words in str(error.value)


@needs_dpkg
def test_missing_lists_are_read_into_the_cache_and_wanted_files_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deb = write_deb(tmp_path)
    log = put_apt_first(tmp_path, monkeypatch, f"cp {deb} .")
    found = fetch(tmp_path / "cache", [HELP])["demo-help"]
    assert found.version == "2:1.5"
    files = sorted(p.relative_to(found.root).as_posix() for p in found.root.rglob("*.*"))
    assert files == ["usr/share/demo/page.html"]
    assert (found.root / "usr/share/doc/demo-help/copyright").read_text() == "MIT"
    calls = log.read_text().splitlines()
    assert len(calls) == 3
    assert all(str(tmp_path / "cache") in call for call in calls[1:])
    assert fetch(tmp_path / "cache", [HELP])["demo-help"] == found
    assert len(log.read_text().splitlines()) == 3
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["packages"]


def test_apt_that_cannot_fetch_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "bin"
    put_apt_first(tmp_path, monkeypatch, "echo 'E: No network' >&2; exit 100")
    (tools / "dpkg-deb").write_text("#!/bin/sh\n")
    (tools / "dpkg-deb").chmod(0o755)
    with pytest.raises(MissingApt, match=r"demo-help \(E: No network\).*apt-get update"):
        fetch(tmp_path / "cache", [HELP])
    assert list((tmp_path / "cache").iterdir()) == []


@needs_dpkg
def test_a_torn_archive_leaves_nothing_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deb = write_deb(tmp_path)
    deb.write_bytes(deb.read_bytes()[:-40])
    put_apt_first(tmp_path, monkeypatch, f"cp {deb} .")
    with pytest.raises(MissingApt, match="cannot be unpacked"):
        fetch(tmp_path / "cache", [HELP])
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_path_that_leads_out_of_the_package_is_refused(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as members:
        members.addfile(tarfile.TarInfo("./usr/share/demo/../../../../out.html"))
    archive.seek(0)

    problem = packages._extract(archive, tmp_path / "in", HELP.keep)

    assert "leads out of the package" in problem
    assert not list(tmp_path.rglob("*.html"))
