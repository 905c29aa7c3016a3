"""The stage group tune; group.py declares it."""
