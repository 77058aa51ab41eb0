"""Models that learn one figure, or several, from genomes."""
