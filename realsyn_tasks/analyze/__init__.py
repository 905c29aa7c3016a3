"""Looks at a published version: topics, texts, balance, sources, examples, a map. Makes no data."""
