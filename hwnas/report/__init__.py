"""The page to look at, one self-contained HTML file, and the picture of a front."""
