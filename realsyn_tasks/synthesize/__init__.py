"""Synthesize: one more text for each image, written from what is known of it (paper §3.2)."""
