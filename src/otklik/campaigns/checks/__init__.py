"""What is looked at before a launch.

A `block` makes the launch impossible, a `warn` does not, an `ok` says that a section was looked at
and found in order.
"""

from otklik.campaigns.checks.gaps import letter_gaps
from otklik.campaigns.checks.materials import Materials, gather_materials
from otklik.campaigns.checks.rules import aligned, run_checks

__all__ = ["Materials", "aligned", "gather_materials", "letter_gaps", "run_checks"]
