"""Sample: a semantically balanced subset of the pairs, published (paper §3.3)."""
