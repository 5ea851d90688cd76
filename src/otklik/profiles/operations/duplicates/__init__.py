"""The search for possible duplicates, and what people decide about them."""
