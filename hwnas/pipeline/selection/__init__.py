"""Which sub-networks are evaluated and chosen, within which limits."""
