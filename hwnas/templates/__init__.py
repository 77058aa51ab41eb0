"""What `hwnas new` writes: one file for each kind of thing, which works as it is and says what to replace."""
