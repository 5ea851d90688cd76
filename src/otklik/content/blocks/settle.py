"""Puts into a document what it refers to: the brand kit, saved blocks, picked products. Pure.

A settled document needs nothing else, so that a mailing keeps what it was launched with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from otklik.content.blocks.model import (
    Block,
    BrandKit,
    Column,
    Condition,
    Document,
    FixedProducts,
    PickedProducts,
    ProductCard,
    ProductsBlock,
    Row,
    SavedBlock,
)
from otklik.kit.i18n import Lang


def saved_in(document: Document) -> set[str]:
    """Return the ids of the reusable blocks that stand in a document."""
    return {block.block_id for block in _blocks(document.rows) if isinstance(block, SavedBlock)}


def picked_in(rows: Iterable[Row]) -> set[str]:
    """Return the ids of the picked products of rows."""
    return {
        product_id
        for block in _blocks(rows)
        if isinstance(block, ProductsBlock) and isinstance(block.source, PickedProducts)
        for product_id in block.source.product_ids
    }


def settle(
    document: Document,
    *,
    brand: BrandKit,
    saved: Mapping[str, Row],
    products: Mapping[str, ProductCard],
    names: Mapping[str, str],
    lang: Lang,
) -> Document:
    """Return the document with everything in it.

    saved, products: by id; what is absent stays a problem for the check, which calls products by
    `names` where it can. lang: the workspace's, for a letter that does not say. A reusable block
    of one column comes into the column where it stands; one of several takes its row apart there.
    """
    rows = [made for row in document.rows for made in _with_saved(row, saved)]
    rows = [_with_products(row, products, names) for row in rows]
    return msgspec.structs.replace(document, rows=rows, brand=brand, lang=document.lang or lang)


def _blocks(rows: Iterable[Row]) -> Iterator[Block]:
    for row in rows:
        for column in row.columns:
            yield from column.blocks


def _with_saved(row: Row, saved: Mapping[str, Row]) -> Iterator[Row]:
    """Yield the rows that a row becomes with its reusable blocks in it."""
    if not any(isinstance(block, SavedBlock) for block in _blocks([row])):
        yield row
        return
    if len(row.columns) > 1 or row.repeat is not None:
        columns = [
            msgspec.structs.replace(
                column, blocks=[made for block in column.blocks for made in _inside(block, saved)]
            )
            for column in row.columns
        ]
        yield msgspec.structs.replace(row, columns=columns)
        return
    waiting: list[Block] = []
    [column] = row.columns
    for block in column.blocks:
        found = saved.get(block.block_id) if isinstance(block, SavedBlock) else None
        if found is None:
            waiting.append(block)
            continue
        if waiting:
            yield _part(row, column, waiting)
            waiting = []
        yield from _whole(row, block, found)
    if waiting:
        yield _part(row, column, waiting)


def _part(row: Row, column: Column, blocks: list[Block]) -> Row:
    return msgspec.structs.replace(row, columns=[msgspec.structs.replace(column, blocks=blocks)])


def _whole(row: Row, block: Block, found: Row) -> Iterator[Row]:
    """Yield a reusable row in its place, under the conditions of its place."""
    columns = [
        msgspec.structs.replace(
            column, blocks=[_renamed(one, f"{block.id}/{one.id}") for one in column.blocks]
        )
        for column in found.columns
    ]
    yield msgspec.structs.replace(
        found,
        id=f"{row.id}/{found.id}"[:160],
        columns=columns,
        within=_given(row.show_if, block.show_if),
    )


def _inside(block: Block, saved: Mapping[str, Row]) -> Iterator[Block]:
    """Yield the blocks of a reusable row of one column in the place of `block`."""
    found = saved.get(block.block_id) if isinstance(block, SavedBlock) else None
    if found is None or len(found.columns) > 1 or found.repeat is not None:
        yield block
        return
    for one in found.columns[0].blocks:
        made = _renamed(one, f"{block.id}/{one.id}")
        yield msgspec.structs.replace(made, within=_given(block.show_if, found.show_if))


def _given(*conditions: Condition | None) -> list[Condition]:
    return [one for one in conditions if one is not None and one.test]


def _renamed(block: Block, name: str) -> Block:
    return msgspec.structs.replace(block, id=name[:160])


def _with_products(row: Row, products: Mapping[str, ProductCard], names: Mapping[str, str]) -> Row:
    if not picked_in([row]):
        return row
    columns = [
        msgspec.structs.replace(
            column, blocks=[_fixed(block, products, names) for block in column.blocks]
        )
        for column in row.columns
    ]
    return msgspec.structs.replace(row, columns=columns)


def _fixed(block: Block, products: Mapping[str, ProductCard], names: Mapping[str, str]) -> Block:
    if not isinstance(block, ProductsBlock) or not isinstance(block.source, PickedProducts):
        return block
    wanted = block.source.product_ids
    source = FixedProducts(
        items=[products[one] for one in wanted if one in products],
        missing=[names.get(one, one)[:300] for one in wanted if one not in products],
    )
    return msgspec.structs.replace(block, source=source)
