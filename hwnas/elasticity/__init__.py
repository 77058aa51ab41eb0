"""From an ordinary trained network to a supernet: read its structure, prove it, share it by importance."""
