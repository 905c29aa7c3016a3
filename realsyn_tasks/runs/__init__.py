"""What people do with runs: open, follow, promote, repair and find them (extracts and builds)."""
