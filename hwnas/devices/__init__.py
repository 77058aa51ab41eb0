"""One target per file."""
