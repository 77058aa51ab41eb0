"""One strategy per file; operators and front quality beside them."""
