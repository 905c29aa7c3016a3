"""What is told about a build: the dataset's card and report, summaries, states, single items."""
