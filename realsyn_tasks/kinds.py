"""The kinds of run, and what each of them reads: a crawl, the corpus, a version.

A new kind of run is one line here; its groups name it (`Group.kind`).
"""

from __future__ import annotations

from realsyn_tasks.core.declaration import Axis, Kind, Source

CRAWL = Source("crawl", Axis("crawl"), "realsyn_tasks.corpus.crawl:Crawl")
CORPUS = Source("corpus", Axis("corpus"), "realsyn_tasks.corpus.pinned:PinnedCorpus")
VERSION = Source("dataset", Axis("dataset"), "realsyn_tasks.datasets.pinned:PinnedVersion")
VERSIONS = Source("datasets", Axis("datasets"), "realsyn_tasks.datasets.pinned:PinnedVersions")

EXTRACT = Kind("extract", "extracts", (CRAWL, CORPUS))  # one crawl -> a generation of the corpus
BUILD = Kind("build", "builds", (CORPUS,))  # a pinned corpus -> a dataset
ANALYSIS = Kind("analysis", "analyses", (VERSION,))  # a published version -> what is told of it
TUNING = Kind("tuning", "tunings", (VERSION,))  # pairs of a published version -> a tuned model
EVALUATION = Kind("evaluation", "evaluations", (VERSIONS,))  # versions -> whether models gain
