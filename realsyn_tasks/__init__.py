"""RealSyn ETL's data plane: interleaved documents in, image-text pairs out (arXiv 2502.12513).

Knows nothing of Airflow; `python -m realsyn_tasks` is the only way in.
"""

__version__ = "0.1.0"
