"""Folding a batch of observations: what it says, whatever the order in which it says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from otklik.profiles.model.identifiers import (
    ANONYMOUS_ID,
    EMAIL,
    PHONE,
    USER_ID,
    Identifier,
    Refusal,
    normalise,
    rank,
)
from otklik.profiles.model.identity import claim, kind_of, order_of
from otklik.profiles.model.structs import IdentityRules, Observation, Refused
from otklik.profiles.model.traits import TraitState, check_traits, put_trait

Shape = list[Any]
"""[principal key or None, its keys, trusted, refusals, least ms, greatest ms]; a list, since the
time bounds are moved for every observation and this is the innermost loop."""


class Batch:
    """Everything that a batch says, ready to be laid beside what is known.

    `principals`: per observation the identifier that its event belongs to, or None.
    `owners`: best claim per identifier. `devices`: first device per identifier, (ms, key).
    `backers`: per address the users that a trusted source gave it to.
    `seen`: per identifier the first and last moment in epoch ms. `states`: traits per principal.
    """

    def __init__(self, observations: Sequence[Observation], rules: IdentityRules) -> None:
        self.principals: list[str | None] = []
        self.owners: dict[str, str] = {}
        self.devices: dict[str, tuple[int, str]] = {}
        self.backers: dict[str, set[str]] = {}
        self.seen: dict[str, list[int]] = {}
        self.states: dict[str, TraitState] = {}
        self.refused: list[Refused] = []
        self._rules = rules
        self._backing = {
            kind
            for kind, on in ((EMAIL, rules.merge_by_email), (PHONE, rules.merge_by_phone))
            if on
        }
        shapes: dict[tuple[Any, ...], Shape] = {}
        for observation in observations:
            self._take(observation, shapes)
        for shape in shapes.values():
            self._claim(shape)

    @property
    def keys(self) -> list[str]:
        return sorted(self.seen, key=order_of)

    def _take(self, o: Observation, shapes: dict[tuple[Any, ...], Shape]) -> None:
        ms = round(o.time.timestamp() * 1000)
        said = (
            o.user_id,
            o.anonymous_id,
            o.email,
            o.phone,
            o.external,
            o.alias_previous_id,
            o.trusted,
        )
        shape = shapes.get(said)
        if shape is None:
            shape = shapes[said] = self._shape(o, ms)
        elif ms < shape[4]:
            shape[4] = ms
        elif ms > shape[5]:
            shape[5] = ms
        for part, code in shape[3]:
            self.refused.append(Refused(o.index, part, code))
        principal = shape[0]
        self.principals.append(principal)
        if o.traits is not None and principal is not None:
            self._take_traits(o, principal, ms)

    def _shape(self, o: Observation, ms: int) -> Shape:
        keys: list[str] = []
        refused: list[tuple[str, str]] = []
        region = self._rules.default_region
        given: list[tuple[str, str | None, str]] = [
            (USER_ID, o.user_id, USER_ID),
            (ANONYMOUS_ID, o.anonymous_id, ANONYMOUS_ID),
            (EMAIL, o.email, EMAIL),
            (PHONE, o.phone, PHONE),
            (ANONYMOUS_ID, o.alias_previous_id, "previous_id"),
        ]
        given += [(kind, value, kind) for kind, value in o.external]
        for kind, value, part in given:
            if value is None:
                continue
            found = normalise(kind, value, region)
            if isinstance(found, Identifier):
                keys.append(found.key)
            elif found is not Refusal.EMPTY:
                refused.append((part, found.value))
        principal = min(keys, key=order_of) if keys else None
        return [principal, sorted(set(keys)), o.trusted, refused, ms, ms]

    def _take_traits(self, o: Observation, principal: str, ms: int) -> None:
        assert o.traits is not None
        traits, refused = check_traits(o.traits)
        self.refused += [Refused(o.index, f"traits.{name}", code) for name, code in refused]
        # The address of an identifying call is the person's address from then on.
        for name, value in ((EMAIL, o.email), (PHONE, o.phone)):
            if value is not None and name not in traits:
                found = normalise(name, value, self._rules.default_region)
                if isinstance(found, Identifier):
                    traits[name] = found.value
        if traits:
            state = self.states.setdefault(principal, {})
            for name in sorted(traits):
                put_trait(state, name, traits[name], ms)

    def _claim(self, shape: Shape) -> None:
        principal, keys, trusted, _, first, last = shape
        for key in keys:
            seen = self.seen.get(key)
            if seen is None:
                self.seen[key] = [first, last]
            else:
                seen[0], seen[1] = min(seen[0], first), max(seen[1], last)
            if key == principal:
                continue
            made = claim(principal, trusted=trusted, ms=first)
            if key not in self.owners or made < self.owners[key]:
                self.owners[key] = made
            kind = kind_of(key)
            if trusted and kind in self._backing and rank(kind_of(principal)) == 0:
                self.backers.setdefault(key, set()).add(principal)
            if kind == ANONYMOUS_ID and 0 < rank(kind_of(principal)) < 4:
                device = (first, key)
                if principal not in self.devices or device < self.devices[principal]:
                    self.devices[principal] = device
