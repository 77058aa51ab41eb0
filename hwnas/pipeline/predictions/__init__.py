"""Figures of architectures that were never timed, and how good such predictions are."""
