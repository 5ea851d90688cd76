"""Feeds of articles: where they come from, how they are read, and what is kept of them."""
