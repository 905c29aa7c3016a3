"""What is told of a picture alone: decoding and perceptual hashes."""
