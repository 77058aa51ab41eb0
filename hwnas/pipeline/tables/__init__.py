"""Latency tables: profiled, reused, extended, imported."""
