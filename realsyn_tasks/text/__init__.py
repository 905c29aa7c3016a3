"""What is told of a text alone: sentences, language, markup, personal data."""
