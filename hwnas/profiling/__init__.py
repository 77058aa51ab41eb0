"""What to time, the stopwatch, the verdict, and tables on disk."""
