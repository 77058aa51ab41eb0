"""Policies that learn to write architectures."""
