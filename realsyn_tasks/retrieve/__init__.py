"""Stage group retrieve: the sentences of the corpus that fit each image (paper §3.2)."""
