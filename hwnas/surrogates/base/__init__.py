"""What every part of a surrogate strategy is handed and gives back."""
