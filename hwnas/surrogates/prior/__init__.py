"""A Gaussian process whose prior knows that choices of a kind have like effects."""
