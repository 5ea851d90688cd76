"""Leaves that are said more shortly than they are asked: what they mean in other leaves."""

from __future__ import annotations

import unicodedata

from otklik.rules import tree

EMAIL_TRAIT = "email"
PRODUCT_EVENTS = {"viewed": "Product Viewed", "added": "Product Added"}
"""Events and their properties as Segment's specification of e-commerce names them."""


def desugared(node: tree.Node) -> tree.Node:
    """Return the node itself, or what it stands for."""
    match node:
        case tree.ProductCondition():
            return _product(node)
        case _:
            return node


def domains_of(node: tree.EmailDomainCondition) -> tuple[str, ...]:
    """Return the domains in the spelling in which those of addresses are kept."""
    return tuple(sorted({unicodedata.normalize("NFC", one).lower() for one in node.domains}))


def said_at(node: tree.EmailDomainCondition) -> tuple[tree.TraitCondition, ...]:
    """Return the conditions that the address a person is said to have is at one of the domains.

    Profiles name the domains of all addresses; those that were stored before they did, name none
    until they change, and then the trait tells.
    """
    return tuple(
        tree.TraitCondition(trait=EMAIL_TRAIT, test=tree.EndsWith(value=f"@{domain}"))
        for domain in domains_of(node)
    )


def _product(node: tree.ProductCondition) -> tree.Node:
    if node.action == "bought":
        return tree.OrdersCondition(
            measure=tree.OrderCount(test=node.test),
            window=node.window,
            products=node.products,
            categories=node.categories,
            vendors=node.vendors,
            price=node.price,
        )
    filters = [
        tree.PropertyFilter(path=path, test=tree.In(values=values))
        for path, values in (
            ("product_id", node.products),
            ("category", node.categories),
            ("brand", node.vendors),
        )
        if values
    ]
    match node.price:
        case tree.AmountAtLeast(amount=amount):
            filters.append(tree.PropertyFilter(path="price", test=tree.Gte(value=amount)))
        case tree.AmountAtMost(amount=amount):
            filters.append(tree.PropertyFilter(path="price", test=tree.Lte(value=amount)))
        case tree.AmountBetween(low=low, high=high):
            filters.append(tree.PropertyFilter(path="price", test=tree.Between(low=low, high=high)))
    return tree.EventCondition(
        event=PRODUCT_EVENTS[node.action],
        test=node.test,
        window=node.window,
        filters=tuple(filters),
    )
