"""How many people lack what a letter says of them: where their place would stay empty.

A gap is of a trait, or of an event that they never had: then it is called `events.product_viewed`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode

from otklik.content.engine.compiler import CompiledLetter, ReadyPart
from otklik.content.engine.variables import EVENTS, LIQUID_NAMES
from otklik.content.model import Part
from otklik.events.public import LATEST_WITHIN
from otklik.runtime.public import CURRENT_PROFILE, Runtime

AMONG_MAX = 100_000
"""Of a larger audience every so-manieth person is looked at: the share is the same to a tenth."""
# Letters only go to who has an address, and these are known of everybody or made from others.
_ALWAYS = frozenset({"email", "id", "name", "phone", "user_id"})
_ALIASES = {"first_name": "firstName", "last_name": "lastName"}


class TraitGap(msgspec.Struct, frozen=True):
    """A trait that a letter shows without a default: `lacking` of `people` don't have it.

    `trait` is "events." and the name of an event where the letter speaks of one.
    """

    trait: str
    lacking: int
    people: int

    @property
    def variable(self) -> str:
        """The name as the letter has it."""
        return self.trait if is_event(self.trait) else f"customer.{self.trait}"


class BarePlace(msgspec.Struct, frozen=True):
    """Where a letter shows a trait first. `line` is the author's; in a block letter `row_id` and
    `block_id` say it."""

    part: Part
    line: int | None = None
    row_id: str | None = None
    block_id: str | None = None


def is_event(trait: str) -> bool:
    """Tell whether a gap is of an event."""
    return trait.startswith(_EVENT)


def bare_traits(compiled: CompiledLetter) -> frozenset[str]:
    """Return the traits and events whose absence would be seen: shown with no default and under
    no condition that names them."""
    return frozenset(bare_places(compiled))


def bare_places(compiled: CompiledLetter) -> dict[str, BarePlace]:
    """Return the same, each with the first place that shows it."""
    found: dict[str, BarePlace] = {}
    parts: tuple[tuple[Part, ReadyPart], ...] = (
        ("subject", compiled.subject),
        ("preheader", compiled.preheader),
        ("source", compiled.html),
        ("text", compiled.text),
        *((("amp", compiled.amp),) if compiled.amp is not None else ()),
    )
    for part, ready in parts:
        for trait, offset in _bare(ready.template.nodes, frozenset()):
            if trait not in _ALWAYS and trait not in found:
                found[trait] = _place(compiled, part, ready.line_at(offset))
    return found


def _place(compiled: CompiledLetter, part: Part, line: int | None) -> BarePlace:
    if part != "source" or compiled.made is None:
        return BarePlace(part, line)
    place = compiled.made.place(line)
    return BarePlace(part, place.line, place.row_id, place.block_id)


async def trait_gaps(
    rt: Runtime,
    *,
    workspace_id: int,
    traits: Collection[str],
    among: Collection[int] | None = None,
) -> list[TraitGap]:
    """Return how many people lack each trait or event, of a workspace or `among` some.

    An empty text counts as absent. The most lacking come first; what nobody lacks is left out.
    """
    if not traits:
        return []
    people = list(among or ())
    step = -(-len(people) // AMONG_MAX) if people else 1
    own = {one for one in traits if not is_event(one)}
    names = {alias: name for name, alias in _ALIASES.items() if name in own}
    only = "" if among is None else "AND profile_id IN {ids:Array(UInt64)}"
    ids: dict[str, Any] = {} if among is None else {"ids": people[::step]}
    rows = await rt.ch.query(
        _GAPS.replace("$among", only),
        {
            "workspace": workspace_id,
            "traits": sorted({*own, *names}),
            "aliases": list(names),
            "names": list(names.values()),
            **ids,
        },
    )
    counts = {str(trait): int(count) for trait, count in rows}
    events = [one.removeprefix(_EVENT) for one in traits if is_event(one)]
    if events:
        since = rt.clock() - LATEST_WITHIN
        asked = {"workspace": workspace_id, "events": events, "since": since, **ids}
        had = await rt.ch.query(_HAD.replace("$among", only), asked)
        counts |= {f"{_EVENT}{name}": int(count) for name, count in had}
    total = counts.pop("", 0)
    gaps = (TraitGap(one, total - counts.get(one, 0), total) for one in traits)
    return sorted((one for one in gaps if one.lacking), key=lambda one: (-one.lacking, one.trait))


_EVENT = f"{EVENTS}."
_HAD = f"""
WITH people AS (
    SELECT profile_id FROM profiles FINAL
    WHERE workspace_id = {{workspace:UInt32}} AND NOT is_deleted $among
)
SELECT name, uniqExact({CURRENT_PROFILE} AS person) FROM events
WHERE workspace_id = {{workspace:UInt32}} AND name IN {{events:Array(String)}}
  AND time >= {{since:DateTime64(3, 'UTC')}} AND person IN (SELECT profile_id FROM people)
GROUP BY name
"""
_GAPS = """
WITH people AS (
    SELECT profile_id FROM profiles FINAL
    WHERE workspace_id = {workspace:UInt32} AND NOT is_deleted $among
)
SELECT '' AS name, count() FROM people
UNION ALL
SELECT transform(toString(trait), {aliases:Array(String)}, {names:Array(String)}, toString(trait))
    AS name, uniqExact(profile_id)
FROM profile_traits FINAL
WHERE workspace_id = {workspace:UInt32} AND trait IN {traits:Array(String)}
  AND type != 'null' AND NOT (type = 'string' AND str = '')
  AND profile_id IN (SELECT profile_id FROM people)
GROUP BY name
"""


def _bare(nodes: Iterable[Node], guarded: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Yield every trait that is shown bare, with the offset of the place."""
    for node in nodes:
        if isinstance(node, ContentNode):
            continue
        inside = guarded
        if isinstance(node, IfNode | UnlessNode):
            inside |= set(_named(node.expressions()))
        elif isinstance(node, OutputNode):
            at = node.token.start_index
            yield from ((name, at) for name in _shown(node.expression) if name not in guarded)
        # Letters load no other templates, which is all that a context would serve for here.
        no_context: Any = None
        yield from _bare(node.children(no_context, include_partials=False), inside)


def _shown(expression: Any) -> Iterator[str]:
    if not isinstance(expression, FilteredExpression):
        return
    if any(one.name == "default" for one in expression.filters or ()):
        return
    yield from _named([expression.left])


def _named(expressions: Iterable[Any]) -> Iterator[str]:
    for expression in expressions:
        if isinstance(expression, Path):
            steps = [step for step in expression.path if isinstance(step, str)]
            if steps[:1] == [EVENTS] and len(steps) > 1:
                yield f"{_EVENT}{steps[1]}"
            elif steps[:1] == ["customer"] and len(steps) > 1:
                own = steps[1:-1] if steps[-1] in LIQUID_NAMES and len(steps) > 2 else steps[1:]
                yield ".".join(own)
        elif expression is not None:
            yield from _named(expression.children())
