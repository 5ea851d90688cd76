"""Letters as they would be sent now: block letters with everything that they refer to put in."""

from __future__ import annotations

import re
from uuid import UUID

import msgspec

from otklik.accounts.public import Workspace, get_workspace
from otklik.catalog.public import LetterProduct, letter_products
from otklik.content import queries
from otklik.content.blocks.kept import get_brand_kit, list_saved_blocks
from otklik.content.blocks.model import ProductCard, Row
from otklik.content.blocks.read import read_document, write_document
from otklik.content.blocks.settle import picked_in, saved_in, settle
from otklik.content.engine.filters import money_text
from otklik.content.model import Letter, LetterKind, LetterSource
from otklik.runtime.public import Tx


async def get_letter(tx: Tx, *, workspace_id: int, letter_id: UUID) -> Letter:
    """Return one letter as it would be sent now: what is launched with it stays as it is.

    In a block letter the brand kit, saved blocks and picked products (with their prices of this
    moment) are part of the source. Raises: LetterNotFound.
    """
    letter = await queries.get_letter(tx, workspace_id=workspace_id, letter_id=letter_id)
    ready = await ready_source(tx, workspace_id=workspace_id, source=letter.as_source)
    return msgspec.structs.replace(letter, source=ready.source)


async def ready_source(tx: Tx, *, workspace_id: int, source: LetterSource) -> LetterSource:
    """Return a source that needs nothing else; a broken document comes back as it is."""
    if source.kind is not LetterKind.BLOCKS:
        return source
    document, _ = read_document(source.source)
    if document is None:
        return source
    brand = await get_brand_kit(tx, workspace_id=workspace_id)
    saved: dict[str, Row] = {}
    wanted = saved_in(document)
    if wanted:
        ids = [block_id for one in wanted if (block_id := _uuid(one)) is not None]
        kept = await list_saved_blocks(tx, workspace_id=workspace_id, ids=ids)
        saved = {str(one.id): one.row for one in kept}
    picked = picked_in([*document.rows, *saved.values()])
    cards: dict[str, ProductCard] = {}
    names: dict[str, str] = {}
    workspace = await get_workspace(tx, workspace_id=workspace_id)
    if picked:
        numbers = [int(one) for one in picked if one.isascii() and one.isdigit() and len(one) < 19]
        found = await letter_products(tx, workspace_id=workspace_id, product_ids=numbers)
        cards = {str(one.id): product_card(one, workspace) for one in found.values() if one.listed}
        names = {str(one.id): _CONTROL.sub(" ", one.name) for one in found.values()}
    settled = settle(
        document, brand=brand, saved=saved, products=cards, names=names, lang=workspace.lang
    )
    return msgspec.structs.replace(source, source=write_document(settled))


def product_card(product: LetterProduct, workspace: Workspace) -> ProductCard:
    """Return a product as a letter of the workspace shows it."""
    currency = product.currency or workspace.currency
    price, old = product.price, product.old_price
    reduced = price is not None and old is not None and old > price
    return ProductCard(
        name=_CONTROL.sub(" ", product.name)[:5_000],
        href=_CONTROL.sub("", product.url or "")[:2_048],
        image=_CONTROL.sub("", product.picture or "")[:2_048],
        price="" if price is None else money_text(price, currency, workspace.lang)[:300],
        old_price=money_text(old, currency, workspace.lang)[:300] if reduced else "",
    )


_CONTROL = re.compile("[\x00-\x1f\x7f]+")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
