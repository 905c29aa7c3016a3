"""The toy stage group."""
