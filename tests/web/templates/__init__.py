"""Template pages: what publishing systems write around made-up prose and pictures, with the truth.

`development` holds the kinds of templates on which rules are tried, `held_out` those which nobody
looks at while mending rules. `python -m tests.web.templates` measures readers of pages on both.
"""
