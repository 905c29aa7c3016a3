"""What the pages in Airflow's UI show: one module a page, of plain functions that give JSON.

Each is reached by its name (views.routes) through the viewer (views.server). Nothing here knows of
HTTP but the server, and nothing scans a dataset: views read the light ledger, and small indices
that were made when something was committed or published.
"""
