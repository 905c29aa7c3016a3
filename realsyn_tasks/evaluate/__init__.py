"""The stage group evaluate; group.py declares it."""
