"""What several strategies are made of: candidates, models of what they cost, and the choice of the next batch."""
