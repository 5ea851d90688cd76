"""Which profiles may be one person: pairs with a probability and the reasons for it.

The method is in docs/explanation/duplicates.md; `find_duplicates` is the whole of it.
"""

from __future__ import annotations

from otklik.profiles.model.likeness.finding import THRESHOLD, find_duplicates
from otklik.profiles.model.likeness.people import (
    Evidence,
    Field,
    Level,
    Pair,
    Person,
    person_of,
)

__all__ = [
    "THRESHOLD",
    "Evidence",
    "Field",
    "Level",
    "Pair",
    "Person",
    "find_duplicates",
    "person_of",
]
