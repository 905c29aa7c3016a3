"""Tests mirror the code: tests/ROOM/test_MODULE.py."""
