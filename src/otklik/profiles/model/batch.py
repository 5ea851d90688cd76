"""Folding a batch of observations: what it says, whatever the order in which it says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
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
    ranking_of,
)
from otklik.profiles.model.identity import claim, kind_of
from otklik.profiles.model.structs import IdentityRules, Names, Observation, Refused
from otklik.profiles.model.traits import TraitState, check_traits, put_trait

AHEAD_MAX_MS = 24 * 3600 * 1000
"""A device whose clock is in another century must not have the last word on every trait."""
_DEVICE = rank(ANONYMOUS_ID)
Said = tuple[
    str | None, str | None, str | None, str | None, tuple[tuple[str, str], ...], str | None, bool
]
"""user_id, anonymous_id, e-mail, phone, further identifiers, previous id, trusted."""
Shape = list[Any]
"""[principal key or None, (rank, key) of each identifier, trusted, refusals, least ms, last ms];
a list, since the time bounds are moved for every observation and this is the innermost loop."""


class Batch:
    """Everything that a batch says, ready to be laid beside what is known.

    `principals`: per observation the identifier that its event belongs to, or None.
    `owners`: best claim per identifier. `devices`: first device per identifier, (ms, key).
    `backers`: per identifier the users that a trusted source gave it to, whatever the rules are.
    `seen`: per identifier the first and last moment in epoch ms. `states`: traits per principal.
    `sighted`: the shape of each of the `sightings`, which name somebody and say nothing else:
    (index, names, trusted, first ms, last ms).
    """

    def __init__(
        self,
        observations: Sequence[Observation],
        rules: IdentityRules,
        *,
        now: datetime,
        sightings: Iterable[tuple[int, Names, bool, int, int]] = (),
    ) -> None:
        self.principals: list[str | None] = []
        self.owners: dict[str, str] = {}
        self.devices: dict[str, tuple[int, str]] = {}
        self.backers: dict[str, set[str]] = {}
        self.seen: dict[str, tuple[int, int]] = {}
        self.states: dict[str, TraitState] = {}
        self.refused: list[Refused] = []
        self._rules = rules
        self.ranking = ranking_of(rules.priority)
        self._shared = frozenset(rules.shared_kinds)
        self._latest_ms = round(now.timestamp() * 1000) + AHEAD_MAX_MS
        shapes: dict[Said, Shape] = {}
        for observation in observations:
            self._take(observation, shapes)
        self.sighted: list[Shape] = [self._sight(*sighting, shapes) for sighting in sightings]
        for shape in shapes.values():
            self._claim(shape)

    def _take(self, o: Observation, shapes: dict[Said, Shape]) -> None:
        ms = min(round(o.time.timestamp() * 1000), self._latest_ms)
        said = (
            o.user_id,
            o.anonymous_id,
            o.email,
            o.phone,
            o.external,
            o.alias_previous_id,
            o.trusted,
        )
        shape = self._shape(said, ms, ms, shapes)
        for part, code in shape[3]:
            self.refused.append(Refused(o.index, part, code))
        principal = shape[0]
        self.principals.append(principal)
        if o.traits is not None and principal is not None:
            self._take_traits(o, principal, ms)

    def _sight(
        self,
        index: int,
        names: Names,
        trusted: bool,
        first: int,
        last: int,
        shapes: dict[Said, Shape],
    ) -> Shape:
        user_id, anonymous_id, email, phone, external = names
        said = (
            user_id or None,
            anonymous_id or None,
            email or None,
            phone or None,
            external,
            None,
            trusted,
        )
        latest = self._latest_ms
        shape = self._shape(said, min(first, latest), min(last, latest), shapes)
        for part, code in shape[3]:
            self.refused.append(Refused(index, part, code))
        return shape

    def _shape(self, said: Said, first: int, last: int, shapes: dict[Said, Shape]) -> Shape:
        """Return the shape of what was said, with its time bounds moved to include these."""
        shape = shapes.get(said)
        if shape is not None:
            shape[4] = min(shape[4], first)
            shape[5] = max(shape[5], last)
            return shape
        user_id, anonymous_id, email, phone, external, previous_id, trusted = said
        ranked: list[tuple[float, str]] = []
        refused: list[tuple[str, str]] = []
        if user_id is not None:
            self._add(USER_ID, user_id, USER_ID, ranked, refused)
        if anonymous_id is not None:
            self._add(ANONYMOUS_ID, anonymous_id, ANONYMOUS_ID, ranked, refused)
        if email is not None:
            self._add(EMAIL, email, EMAIL, ranked, refused)
        if phone is not None:
            self._add(PHONE, phone, PHONE, ranked, refused)
        if previous_id is not None:
            self._add(ANONYMOUS_ID, previous_id, "previous_id", ranked, refused)
        for kind, value in external:
            self._add(kind, value, kind, ranked, refused)
        ranked.sort()
        if self._shared and len(ranked) > 1:
            # What several people may share names nobody beside something better.
            ranked = [one for one in ranked if kind_of(one[1]) not in self._shared] or ranked[:1]
        shape = [ranked[0][1] if ranked else None, ranked, trusted, refused, first, last]
        shapes[said] = shape
        return shape

    def _add(
        self,
        kind: str,
        value: str,
        part: str,
        ranked: list[tuple[float, str]],
        refused: list[tuple[str, str]],
    ) -> None:
        found = normalise(kind, value, self._rules.default_region)
        if isinstance(found, Identifier):
            pair = (self.ranking.of(kind), found.key)
            if pair not in ranked:
                ranked.append(pair)
        elif found is not Refusal.EMPTY:
            refused.append((part, found.value))

    def _take_traits(self, o: Observation, principal: str, ms: int) -> None:
        assert o.traits is not None
        traits, refused = check_traits(o.traits)
        self.refused += [Refused(o.index, f"traits.{name}", code) for name, code in refused]
        # The address of an identifying call is the person's address from then on.
        shared = [one for one in o.external if one[0] in self._shared] if self._shared else []
        for name, value in ((EMAIL, o.email), (PHONE, o.phone), *shared):
            if value is not None and name not in traits:
                found = normalise(name, value, self._rules.default_region)
                if isinstance(found, Identifier):
                    traits[name] = found.value
        if traits:
            state = self.states.setdefault(principal, {})
            for name in sorted(traits):
                put_trait(state, name, traits[name], ms)

    def _claim(self, shape: Shape) -> None:
        principal, ranked, trusted, _, first, last = shape
        seen = self.seen
        for strength, key in ranked:
            moments = seen.get(key)
            if moments is None:
                seen[key] = (first, last)
            elif first < moments[0] or last > moments[1]:
                seen[key] = (min(moments[0], first), max(moments[1], last))
            if key == principal:
                continue
            made = claim(principal, trusted=trusted, ms=first, place=ranked[0][0])
            known = self.owners.get(key)
            if known is None or made < known:
                self.owners[key] = made
            lead = ranked[0][0]
            if strength == _DEVICE:
                if 0 < lead < _DEVICE:
                    device = (first, key)
                    if principal not in self.devices or device < self.devices[principal]:
                        self.devices[principal] = device
            elif trusted and lead == 0:
                self.backers.setdefault(key, set()).add(principal)
