"""Floor 0: the nouns that cross walls. Standard library and numpy only; torch in annotations."""
