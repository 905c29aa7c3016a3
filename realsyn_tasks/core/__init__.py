"""Configuration, storage, commits, tables and the stage contract. Knows no stage."""
