"""Segments over time: flows between them, what they share, who entered and who left."""
