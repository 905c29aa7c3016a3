"""Tests of the DAGs, in the control environment."""
