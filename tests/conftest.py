"""Hypothesis without deadlines: tests share their machine with other work, and assert no times."""

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
