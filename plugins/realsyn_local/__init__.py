"""Airflow on one machine, for `make demo`, `make build` and `make ui`.

Starts scheduler, API server, dag processor and triggerer, triggers realsyn_build, and watches it.
"""
