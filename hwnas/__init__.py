"""hwnas: hardware-aware sub-network search."""
