"""Groups and values that the tests of the statistics are tried on."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from otklik.experiments import public as x

SETTINGS = settings(max_examples=60, deadline=None)


@st.composite
def inner_arms(draw: st.DrawFn, users_max: int = 400) -> x.Arm:
    """A group in which somebody converted and somebody did not."""
    users = draw(st.integers(2, users_max))
    return x.Arm(users, draw(st.integers(1, users - 1)))


@st.composite
def any_arms(draw: st.DrawFn, users_max: int = 300) -> x.Arm:
    users = draw(st.integers(1, users_max))
    return x.Arm(users, draw(st.integers(0, users)))


values = st.lists(st.floats(-1e4, 1e4, allow_nan=False), min_size=2, max_size=40)
