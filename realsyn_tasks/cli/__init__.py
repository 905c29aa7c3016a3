"""The seam: all that the control plane, a pod or an engineer can ask of the data plane.

A module for each subject adds its commands to the application.
"""

from realsyn_tasks.cli import (
    crawls,
    datasets,
    models,
    opening,
    progress,
    steps,
    texts,
    things,
    upkeep,
    viewer,
)
from realsyn_tasks.cli.application import app, main

__all__ = [
    "app",
    "crawls",
    "datasets",
    "main",
    "models",
    "opening",
    "progress",
    "steps",
    "texts",
    "things",
    "upkeep",
    "viewer",
]
