"""The story of a run: profile, predict, search, validate, hand out. The only room that knows all others."""
