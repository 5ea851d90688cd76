"""How many letters are in hand together."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest

from otklik.delivery.sending.portion import FIRST, Portions
from otklik.delivery.sending.routes import Route, Trip, Ways


def trip(*relays: int, lanes: int = 8) -> Trip:
    routes = tuple(Route(UUID(int=one), 1, "", cast("Any", None), lanes) for one in relays)
    return Trip(Ways(1, "shop.example", routes), routes)


def test_a_relay_nobody_knows_gets_a_few() -> None:
    assert Portions(150).size(trip(1)) == FIRST
    assert Portions(2).size(trip(1)) == 2


@pytest.mark.parametrize(
    ("seconds", "size"),
    [(4.0, 8), (1.0, 20), (0.25, 80), (0.01, 150)],
    ids=["each lane has one", "half a second", "faster", "the most there may be"],
)
def test_as_many_as_it_takes_in_half_a_second(seconds: float, size: int) -> None:
    portions = Portions(150)
    portions.learn(trip(1), letters=FIRST, seconds=seconds)
    assert portions.size(trip(1)) == size


def test_each_set_of_relays_has_its_own_speed() -> None:
    portions = Portions(150)
    portions.learn(trip(1), letters=FIRST, seconds=4.0)
    assert portions.size(trip(1)) == 8
    assert portions.size(trip(1, 2)) == FIRST
    assert portions.size(trip(2)) == FIRST


def test_a_relay_that_slows_down_gets_fewer_soon() -> None:
    portions = Portions(150)
    portions.learn(trip(1), letters=150, seconds=0.1)
    for _ in range(8):
        portions.learn(trip(1), letters=portions.size(trip(1)), seconds=5.0)
    assert portions.size(trip(1)) < 20


def test_a_few_letters_say_nothing_of_a_relay() -> None:
    portions = Portions(150)
    portions.learn(trip(1), letters=1, seconds=2.0)
    portions.learn(trip(1), letters=FIRST, seconds=0.0)
    assert portions.size(trip(1)) == FIRST


def test_what_is_kept_in_memory_has_an_end() -> None:
    portions = Portions(150)
    for number in range(1, 200):
        portions.learn(trip(number), letters=FIRST, seconds=4.0)
    assert portions.size(trip(1)) == FIRST
    assert portions.size(trip(199)) == 8
