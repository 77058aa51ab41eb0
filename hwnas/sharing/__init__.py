"""One weight-sharing scheme per file."""
