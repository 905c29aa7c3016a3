"""An S3 endpoint on loopback, and a proxy before it that does it all the harm a network can."""

BUCKET = "realsyn"
