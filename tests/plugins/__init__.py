"""Tests of the plugins, in the control environment."""
