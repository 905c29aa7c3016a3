"""Airflow's settings for tests of plugins."""

from __future__ import annotations

from tests import airflow_home

HOME = airflow_home.settle()
