"""python -m tests.core.toy ROOT [SECONDS]: run the whole toy pipeline, or what is left of it."""

import sys

from tests.core.test_runner import run_all
from tests.core.toy import open_toy

run_all(open_toy(sys.argv[1], draw={"seconds": float(sys.argv[2])}))
