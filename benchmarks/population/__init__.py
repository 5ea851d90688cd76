"""A made-up population of plausible shape, written straight into both engines.

Half of the profiles are known, half are visitors. Activity is skewed (a few do most), events come
in sessions, more of them in the evening, before the New Year and lately; 200 event types follow
Zipf's law; every known profile has eleven common traits and some of a long tail of 289. Both
engines work out the same values by the same arithmetic (`mix`), so a card and a segment agree, and
a run with the same sizes makes the same people.
"""

from benchmarks.population.facts import fill_facts
from benchmarks.population.people import fill_people
from benchmarks.population.shape import Population

__all__ = ["Population", "fill_facts", "fill_people"]
