"""Latency tables as others publish them: one format per file, found by file name; read as data, never run."""
