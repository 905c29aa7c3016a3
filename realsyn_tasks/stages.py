"""What the pipeline is: its stage groups in order, each declared beside its stages.

DAGs, the command line, the plan and the UI all read this. A new group is its folder and one line
here. Imports nothing heavy.
"""

from __future__ import annotations

from realsyn_tasks.analyze.group import GROUP as ANALYZE
from realsyn_tasks.core.declaration import Pipeline
from realsyn_tasks.evaluate.group import GROUP as EVALUATE
from realsyn_tasks.extract.group import GROUP as EXTRACT
from realsyn_tasks.retrieve.group import GROUP as RETRIEVE
from realsyn_tasks.sample.group import GROUP as SAMPLE
from realsyn_tasks.synthesize.group import GROUP as SYNTHESIZE
from realsyn_tasks.tune.group import GROUP as TUNE

PIPELINE = Pipeline((EXTRACT, RETRIEVE, SYNTHESIZE, SAMPLE, ANALYZE, TUNE, EVALUATE))
