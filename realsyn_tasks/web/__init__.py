"""Addresses, sites and pages of the web, in one spelling each; nothing of them is trusted."""
