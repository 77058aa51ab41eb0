"""What can be done with the genomes of a space, whoever asks: list, draw and vary them, and tell what they share."""
