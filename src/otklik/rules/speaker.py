"""What telling a condition has in common in all languages: which leaf needs which words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, assert_never
from uuid import UUID

import msgspec

from otklik.rules import tree
from otklik.rules.negation import opposite_test, positive


class Speaker(ABC):
    """One language: says a condition, or the opposite of one, as a part of a sentence.

    `segments`, `topics`, `sources` (campaigns): names by id. `fields`: titles of fields of orders
    by level and name.
    """

    AND: ClassVar[str]
    OR: ClassVar[str]

    def __init__(
        self,
        segments: Mapping[UUID, str],
        topics: Mapping[str, str],
        sources: Mapping[UUID, str],
        fields: Mapping[tuple[str, str], str],
    ) -> None:
        self._segments = segments
        self._topics = topics
        self._sources = sources
        self._fields = fields

    def leaf(self, node: tree.Leaf, *, negated: bool) -> str:
        match node:
            case tree.Everyone():
                return self._everyone(negated)
            case tree.TraitCondition():
                return self._trait(node, negated)
            case tree.EventCondition():
                return self._event(node, negated)
            case tree.EventMeasureCondition():
                return self._event_measure(node, negated)
            case tree.SequenceCondition():
                return self._sequence(node, negated)
            case tree.UnfollowedCondition():
                return self._unfollowed(node, negated)
            case tree.OrdersCondition():
                return self._orders(node, negated)
            case tree.ProductCondition():
                return self._product(node, negated)
            case tree.MessageCondition():
                return self._message(node, negated)
            case tree.VisitCondition(test=test):
                opposite = opposite_test(test)
                if negated and opposite is not None:
                    return self.leaf(msgspec.structs.replace(node, test=opposite), negated=False)
                return self._visit(node, *positive(test), negated)
            case tree.SeenCondition():
                return self._seen(node, negated)
            case tree.EmailDomainCondition():
                return self._email_domain(node, negated)
            case tree.ConsentCondition():
                return self._consent(node, negated)
            case tree.IdentifierCondition(identifier=kind, present=present):
                return self._identifier(kind, has=present != negated)
            case tree.SegmentCondition(segment_id=segment_id, member=member):
                name = self._segments.get(segment_id, str(segment_id))
                return self._segment(name, member=member != negated)
            case never:
                assert_never(never)

    def _field(self, item: tree.FieldTest) -> str:
        return self._fields.get((item.level, item.name)) or item.name

    @abstractmethod
    def sentence(self, clause: str) -> str: ...

    @abstractmethod
    def everyone(self) -> str: ...

    @abstractmethod
    def group(self, node: tree.Group) -> str: ...

    @abstractmethod
    def _everyone(self, negated: bool) -> str: ...

    @abstractmethod
    def _trait(self, node: tree.TraitCondition, negated: bool) -> str: ...

    @abstractmethod
    def _event(self, node: tree.EventCondition, negated: bool) -> str: ...

    @abstractmethod
    def _event_measure(self, node: tree.EventMeasureCondition, negated: bool) -> str: ...

    @abstractmethod
    def _sequence(self, node: tree.SequenceCondition, negated: bool) -> str: ...

    @abstractmethod
    def _unfollowed(self, node: tree.UnfollowedCondition, negated: bool) -> str: ...

    @abstractmethod
    def _orders(self, node: tree.OrdersCondition, negated: bool) -> str: ...

    @abstractmethod
    def _product(self, node: tree.ProductCondition, negated: bool) -> str: ...

    @abstractmethod
    def _message(self, node: tree.MessageCondition, negated: bool) -> str: ...

    @abstractmethod
    def _visit(
        self, node: tree.VisitCondition, test: tree.Test, is_opposite: bool, negated: bool
    ) -> str:
        """`test`: the positive form of the node's; `is_opposite`: whether the node means that
        none passes it."""

    @abstractmethod
    def _seen(self, node: tree.SeenCondition, negated: bool) -> str: ...

    @abstractmethod
    def _email_domain(self, node: tree.EmailDomainCondition, negated: bool) -> str: ...

    @abstractmethod
    def _consent(self, node: tree.ConsentCondition, negated: bool) -> str: ...

    @abstractmethod
    def _identifier(self, kind: str, *, has: bool) -> str: ...

    @abstractmethod
    def _segment(self, name: str, *, member: bool) -> str: ...
