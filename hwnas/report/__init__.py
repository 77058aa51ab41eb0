"""The page to look at, one self-contained HTML file."""
