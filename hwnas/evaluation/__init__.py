"""What a sub-network is worth: its own batch-norm statistics, a score per example, an interval, an expected value."""
