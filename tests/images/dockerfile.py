"""Reads a Dockerfile as far as the tests need it: stages, and instructions with continuations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Stage:
    """One FROM and what follows it; `base` is a stage's or an image's name."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        """Give the arguments of one kind of instruction."""
        return [rest for word, rest in self.steps if word == instruction]


def instructions(text: str) -> list[tuple[str, str]]:
    """Split into (INSTRUCTION, arguments), without comments."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    words = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [(word.upper(), " ".join(rest.split())) for word, rest in words]


def stages(text: str) -> dict[str, Stage]:
    """Give the stages by name, in order."""
    stages_by_name: dict[str, Stage] = {}
    current: Stage | None = None
    for word, rest in instructions(text):
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            current = stages_by_name[name] = Stage(name, base)
        elif current:
            current.steps.append((word, rest))
    return stages_by_name


def arguments(text: str) -> dict[str, str]:
    """Give all build arguments with their defaults."""
    pairs = [rest.partition("=") for word, rest in instructions(text) if word == "ARG"]
    return {name: default for name, _, default in reversed(pairs)}


def let_in(path: str, patterns: list[str]) -> bool:
    """Say whether .dockerignore lets a path into the build; the last pattern that fits decides."""
    inside = True
    for pattern in patterns:
        kept = pattern.startswith("!")
        plain = pattern.removeprefix("!").rstrip("/")
        regex = plain.replace("**/", "")
        parts = path.split("/")
        ways = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        names = parts if plain.startswith("**/") else ways
        if any(fnmatch(name, regex) and name.count("/") == regex.count("/") for name in names):
            inside = kept
    return inside


def ignore_patterns() -> list[str]:
    """Read .dockerignore."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def copied(stage: Stage) -> list[str]:
    """List what a stage copies out of the project's folder."""
    sources: list[str] = []
    for rest in stage.all("COPY"):
        if not rest.startswith("--from"):
            sources += rest.split()[:-1]
    return sources


def copied_from(stage: Stage) -> set[str]:
    """Name the stages that a stage copies from."""
    return {name for rest in stage.all("COPY") for name in re.findall(r"--from=(\S+)", rest)}
