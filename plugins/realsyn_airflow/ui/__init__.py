"""What Airflow's server gives the browser: the pages of static/, and what they show and do.

Airflow says who may; the viewer of the data plane (realsyn_tasks.views) knows what.
"""
