"""python -m realsyn_tasks"""

from realsyn_tasks.cli import main

main()
