"""A definition read back as a sentence, so that a mistake in it is heard.

A `none` group is told by its opposites ("made no orders" instead of "not: made an order"), since
people misread nested negations.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from otklik.kit.i18n import Lang
from otklik.rules import tree
from otklik.rules.describe_en import English
from otklik.rules.describe_ru import Russian
from otklik.rules.negation import join_words
from otklik.rules.speaker import Speaker


def describe(
    node: tree.Node,
    lang: Lang,
    *,
    segments: Mapping[UUID, str] | None = None,
    topics: Mapping[str, str] | None = None,
    sources: Mapping[UUID, str] | None = None,
    fields: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """Return the definition as one sentence. `segments`, `topics` and
    `sources` (campaigns): their names by id; `fields`: titles of fields of orders by level and
    name."""
    speaker: Speaker = (Russian if lang == "ru" else English)(
        segments or {}, topics or {}, sources or {}, fields or {}
    )
    if isinstance(node, tree.Everyone):
        return speaker.everyone()
    return speaker.sentence(_say(node, speaker, negated=False)[0])


def describe_part(
    node: tree.Node,
    lang: Lang,
    *,
    segments: Mapping[UUID, str] | None = None,
    topics: Mapping[str, str] | None = None,
    sources: Mapping[UUID, str] | None = None,
    fields: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """Return one node without its children: a leaf as a clause, a group as its rule."""
    speaker: Speaker = (Russian if lang == "ru" else English)(
        segments or {}, topics or {}, sources or {}, fields or {}
    )
    if isinstance(node, tree.Group):
        return speaker.group(node)
    return speaker.leaf(node, negated=False)


def _say(node: tree.Node, speaker: Speaker, *, negated: bool) -> tuple[str, str]:
    """Return the clause and the word that joins its parts ("" when it is one part)."""
    if not isinstance(node, tree.Group):
        return speaker.leaf(node, negated=negated), ""
    # By De Morgan: not (a or b) is (not a) and (not b).
    inside = negated != isinstance(node, tree.NoneOf)
    joined_by_and = isinstance(node, tree.AllOf) != negated
    if isinstance(node, tree.NoneOf):
        joined_by_and = not negated
    word = speaker.AND if joined_by_and else speaker.OR
    said = [_say(child, speaker, negated=inside) for child in node.of]
    if len(said) == 1:
        return said[0]
    parts = [f"({clause})" if inner and inner != word else clause for clause, inner in said]
    return join_words(parts, word), word
