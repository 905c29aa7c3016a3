"""Gates: what a stage group's output must be like before the next group may see it."""

from realsyn_tasks.quality.gates import gate

__all__ = ["gate"]
