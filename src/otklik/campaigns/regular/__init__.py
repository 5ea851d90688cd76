"""Regular mailings: the same letter again and again, filled from feeds for each reader."""
