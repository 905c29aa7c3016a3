"""Sentences in which zero-shot classification asks for a class: the set's own, or open_clip's.

open_clip's (open_clip/zero_shot_metadata.py) are OpenAI's 80 for ImageNet, or the 7 of them that do
about as well. The file is read without the rest of open_clip, which would load torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

from realsyn_tasks.core.errors import ConfigError
from realsyn_tasks.evaluate.evaluation_sets import Templates

SLOT = "{c}"  # where clip-benchmark has the name of the class
_NAMES: dict[Templates, str] = {
    "openai": "OPENAI_IMAGENET_TEMPLATES",
    "simple": "SIMPLE_IMAGENET_TEMPLATES",
}


def prompts(name: str, own: Sequence[str], where: str, others: Templates) -> list[str]:
    """Name a class in each of a set's own templates, or of open_clip's where it has none.

    Raises ConfigError where a template has no place for the name.
    """
    for template in own:
        if SLOT not in template:
            raise ConfigError(f"{where}: {template[:80]!r} has no {SLOT}, where the class is named")
    if own:
        return [template.replace(SLOT, name) for template in own]
    return [template(name) for template in _of_open_clip(others)]


@lru_cache
def _of_open_clip(which: Templates) -> tuple[Callable[[str], str], ...]:
    package = find_spec("open_clip")
    if package is None or not package.submodule_search_locations:
        raise ConfigError("open_clip, whose templates name classes, is not installed: make setup")
    path = Path(package.submodule_search_locations[0]) / "zero_shot_metadata.py"
    spec = spec_from_file_location("realsyn_zero_shot_metadata", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ConfigError(f"{path} is missing: install the version of open_clip that is locked")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(getattr(module, _NAMES[which]))
