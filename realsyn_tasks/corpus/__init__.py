"""The corpus: generations, and what was taken out of them."""
