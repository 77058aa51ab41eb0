"""What is told of a run, a model or two devices."""
