"""The training loop, and one training method per file."""
