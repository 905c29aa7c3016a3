"""Ours beside the peers, in one run, on one machine: ``python -m tests.benchmarks [SUITE]``.

One module per suite, named in ``__main__.SUITES``, with a function ``rows(options)`` that yields
``measure.Row``.
"""
