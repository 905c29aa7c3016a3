"""What Airflow needs to run the pipeline: the seam, operators, and helpers for DAG files.

Imports nothing heavy: DAG files, parsed again and again, import this package.
"""
