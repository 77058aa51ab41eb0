"""Strategies that look cheaply first, and in full at the best."""
