"""Addresses and sites of the web, in one spelling each; none of them is trusted."""
