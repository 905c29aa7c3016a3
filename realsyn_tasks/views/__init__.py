"""What pages show of a root: plain functions from arguments to JSON."""
