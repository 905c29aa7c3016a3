"""Debian packages as a source of pictures and prose: fetched and unpacked, never installed.

Packages are unpacked once into the cache folder; later builds need neither apt nor a network.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Package:
    """What to unpack of a package (globs over its paths) and the licence it states.

    `terms` is that licence's address, which pages composed of the package alone link to.
    """

    name: str
    keep: tuple[str, ...]
    licence: str
    content: str
    terms: str = ""


GPL_2 = "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html"

PACKAGES = (
    Package(
        "gimp-help-en",
        ("usr/share/gimp/*/help/en/*",),
        "GFDL-1.2+",
        "the user manual of the GIMP",
    ),
    Package(
        "hugin-data",
        ("usr/share/hugin/xrc/data/help_en_EN/*",),
        "GPL-2+ and GFDL",
        "the handbook of the panorama stitcher Hugin",
    ),
    Package(
        "stellarium-data",
        tuple(
            f"usr/share/stellarium/skycultures/*{end}"
            for end in ("/description.en.utf8", "/info.ini", ".png", ".jpg", ".jpeg")
        ),
        "GPL-2+; sky cultures under their own licences, listed below",
        "descriptions of sky cultures",
    ),
    Package(
        "tuxpaint-stamps-default",
        ("usr/share/tuxpaint/stamps/*.png", "usr/share/tuxpaint/stamps/*.txt"),
        "GPL-2+",
        "pictures with a line of description each",
        GPL_2,
    ),
    Package(
        "openclipart-svg",
        ("usr/share/openclipart/svg/*.svg",),
        "public domain",
        "drawings with titles",
        "https://creativecommons.org/licenses/publicdomain/",
    ),
    Package(
        "kalzium-data",
        ("usr/share/kalzium/data/tools.xml", "usr/share/kalzium/data/toolpics/*"),
        "GPL-2+",
        "photographs and descriptions of laboratory apparatus",
        GPL_2,
    ),
    Package(
        "wordnet-base",
        tuple(f"usr/share/wordnet/{name}" for name in ("data.noun", "index.noun", "noun.exc")),
        "WordNet 3.0 licence",
        "glosses of nouns",
        "https://wordnet.princeton.edu/license-and-commercial-use",
    ),
    Package(
        "dict-gcide",
        ("usr/share/dictd/gcide.*",),
        "GPL-2+",
        "the GNU Collaborative International Dictionary of English",
        GPL_2,
    ),
)
FASHION = Package(  # of an evaluation set; nothing of it is in the crawl
    "dataset-fashion-mnist",
    ("usr/share/datasets/fashion-mnist/*.gz",),
    "MIT",
    "small pictures of clothing in ten classes",
)
COPYRIGHT = "usr/share/doc/*/copyright"


class MissingApt(RuntimeError):
    """Packages can neither be found in the cache nor be fetched; says what to do."""


@dataclass(frozen=True)
class Unpacked:
    """A package in the cache; `root` stands for /."""

    package: Package
    version: str
    root: Path


def fetch(cache: Path, packages: Iterable[Package] = PACKAGES) -> dict[str, Unpacked]:
    """All packages, by name, from the cache or else from the machine's apt sources.

    Raises MissingApt where a package is neither in the cache nor to be had.
    """
    wanted = list(packages)
    unpacked_by_name = {p.name: _in_cache(cache, p) for p in wanted}
    missing = [p for p in wanted if unpacked_by_name[p.name] is None]
    if missing:
        _need_tools(cache, missing)
        unpacked_by_name |= {u.package.name: u for u in _get(cache, missing)}
    return {name: unpacked for name, unpacked in unpacked_by_name.items() if unpacked}


def _in_cache(cache: Path, package: Package) -> Unpacked | None:
    for root in sorted((cache / "packages").glob(f"{package.name}_*")):
        return Unpacked(package, root.name.partition("_")[2].replace("%3a", ":"), root)
    return None


def _need_tools(cache: Path, missing: list[Package]) -> None:
    absent = [tool for tool in ("apt-get", "dpkg-deb") if not shutil.which(tool)]
    if absent:
        names = " ".join(package.name for package in missing)
        raise MissingApt(
            f"the sample crawl is made from Debian packages, and {' and '.join(absent)} is not "
            f"here. Copy {cache / 'packages'} from a Debian or Ubuntu machine that has built it "
            f"(packages missing: {names}), or build from a crawl of your own: "
            "make build CRAWL=folder-or-uri"
        )


def _get(cache: Path, missing: list[Package]) -> list[Unpacked]:
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as name:
        folder = Path(name)
        _download(folder, [package.name for package in missing])
        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(lambda package: _keep(cache, folder, package), missing))


def _keep(cache: Path, folder: Path, package: Package) -> Unpacked:
    """Unpack a downloaded package and move it into the cache in one step."""
    archive = next(folder.glob(f"{package.name}_*.deb"))
    _, version, _ = archive.name.split("_")
    unpacked = folder / package.name
    _unpack(archive, unpacked, (*package.keep, COPYRIGHT))
    final = cache / "packages" / f"{package.name}_{version}"
    final.parent.mkdir(exist_ok=True)
    if not final.exists():
        unpacked.rename(final)
    return Unpacked(package, version.replace("%3a", ":"), final)


def _download(folder: Path, names: list[str]) -> None:
    """Fetch archives, with freshly read package lists if the machine's own do not have them."""
    problem = _apt(folder, "download", *names)
    if problem:
        lists = _own_lists(folder)
        problem = _apt(folder, *lists, "update") or _apt(folder, *lists, "download", *names)
    if problem or len(list(folder.glob("*.deb"))) < len(names):
        raise MissingApt(
            f"apt-get cannot fetch {' '.join(names)} ({problem}). Check the network and the apt "
            "sources (on Ubuntu the component universe is needed), run apt-get update, and try "
            "again; or build from a crawl of your own: make build CRAWL=folder-or-uri"
        )


def _own_lists(folder: Path) -> tuple[str, ...]:
    """Options that keep package lists in `folder`: the machine's stay as they are, without root."""
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (folder / "apt" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    return ("-o", f"Dir::State::lists={folder / 'lists'}", "-o", f"Dir::Cache={folder / 'apt'}")


def _apt(folder: Path, *words: str) -> str:
    """Run apt-get in `folder`; what went wrong, or ""."""
    command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if line.startswith("E:")]
    return (lines or [f"exit code {done.returncode}"])[-1]


def _unpack(archive: Path, target: Path, keep: tuple[str, ...]) -> None:
    """Unpack the files of a .deb whose paths match one of the globs, streaming."""
    target.mkdir()
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        problem = _extract(process.stdout, target, keep)
        complaint = process.stderr.read().decode() if process.stderr else ""
    if process.returncode != 0 or problem:
        reason = (complaint or problem).strip().splitlines()[:1]
        raise MissingApt(f"{archive.name} cannot be unpacked: {' '.join(reason)}. Try again.")


def _extract(stream: IO[bytes] | None, target: Path, keep: tuple[str, ...]) -> str:
    """Extract what matches, and read the stream to its end; what went wrong, or ""."""
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=1 << 20) as members:
            for member in members:
                path = member.name.removeprefix("./")
                if member.isfile() and any(fnmatch(path, glob) for glob in keep):
                    _write(members, member, target / path)
    except tarfile.TarError as error:
        return str(error)
    while stream and stream.read(1 << 20):
        pass
    return ""


def _write(members: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Write a plain file; tarfile's own filters are missing in the Python of Debian 12."""
    if ".." in path.parts:
        raise tarfile.TarError(f"{member.name} leads out of the package")
    path.parent.mkdir(parents=True, exist_ok=True)
    source = members.extractfile(member)
    with path.open("wb") as file:
        shutil.copyfileobj(source, file)  # type: ignore[arg-type]  # a plain file has content
