"""What a machine with a GPU shows: the same bits, and how fast. Run by tests/gpu/run.sh."""
