"""Python runs this as it starts: torchvision's CUDA build is to import beside a torch for CPUs.

vLLM looks at a model's class in a process of its own, where nobody has prepared that.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import Any


class BeforeTorchvision(MetaPathFinder):
    """Finds nothing; once torchvision is looked for, declares the operators that it lacks."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name == "torchvision":
            sys.meta_path.remove(self)
            from realsyn_tasks.models._torchvision import import_torchvision

            import_torchvision()


sys.meta_path.insert(0, BeforeTorchvision())
