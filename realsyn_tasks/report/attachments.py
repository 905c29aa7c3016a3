"""Card and report of a published version: made of its build, stored beside its data."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.core.evidence import Evidence
from realsyn_tasks.core.ids import digest
from realsyn_tasks.core.workspace import Workspace
from realsyn_tasks.datasets.attachments import store
from realsyn_tasks.datasets.publication import published
from realsyn_tasks.datasets.versions import Version
from realsyn_tasks.report import card, croissant, evaluation, evaluation_page, page, statement
from realsyn_tasks.report.analysed import Analysed, analysed
from realsyn_tasks.report.analysis import newest
from realsyn_tasks.report.facts import Facts, gather
from realsyn_tasks.report.publisher import licence_file
from realsyn_tasks.sample.group import GROUP
from realsyn_tasks.sample.promotion import REPORT, version_of

CODE = (".py", ".md", ".html", ".css", ".yaml")
CARD, LICENCE, STATEMENT, CROISSANT = "README.md", "LICENSE", "DATA_STATEMENT.md", "croissant.json"


def attach(run: Workspace) -> list[str]:
    """Renew all that is said of what a build published; give the paths that were written.

    ConfigError if the build has published nothing, or holds something else by now.
    """
    evidence = Evidence(run, GROUP.name)
    version = _published(evidence)
    contents = _contents(gather(evidence, _analysed(version), evaluation.attached(version)))
    files = {name: text.encode() for name, text in contents.items() if text}
    gone = {LICENCE} - set(files)
    return [version.at(path) for path in store(version, files, _made_by(), gone)]


def attach_evaluations(version: Version) -> list[str]:
    """Attach what a version was evaluated as; give the paths that were written, none if nothing."""
    outcomes = evaluation.of_version(version)
    if not outcomes:
        return []
    page = evaluation_page.render(outcomes, evaluation.short(version.path))
    files = {evaluation.RECORD: evaluation.record(outcomes), evaluation.PAGE: page.encode()}
    return [version.at(path) for path in store(version, files, _made_by())]


def _contents(facts: Facts) -> dict[str, str]:
    return {
        CARD: card.render(facts),
        STATEMENT: statement.render(facts),
        CROISSANT: croissant.render(facts),
        REPORT: page.render(facts),
        LICENCE: licence_file(facts.publisher, facts.name),
    }


def _analysed(version: Version) -> Analysed | None:
    analysis = newest(version)
    return analysed(analysis.table) if analysis else None


def _published(evidence: Evidence) -> Version:
    run = evidence.workspace
    note = published(run)
    remedy = f"promote it first: `promote {GROUP.name} --build {run.uri}`"
    if note is None:
        raise ConfigError(f"build {run.uri} has published nothing; {remedy}")
    if note.version != version_of(evidence).version:
        raise ConfigError(f"build {run.uri} is not what it published as {note.path}; {remedy}")
    return Version(run.storage, note.path)


def _made_by() -> str:
    return f"realsyn_tasks.report {_code()[:12]}"


@lru_cache(maxsize=1)
def _code() -> str:
    """Digest this package's code and templates."""
    folder = Path(__file__).parent
    files = sorted(path for path in folder.rglob("*.*") if path.suffix in CODE)
    return digest(
        [(path.relative_to(folder).as_posix(), path.read_text("utf-8")) for path in files]
    )
