"""Published datasets: versions, their files, and where everything is in them."""
