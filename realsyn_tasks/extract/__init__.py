"""Stage group extract: one crawl becomes a generation of the corpus (paper §3.1)."""
