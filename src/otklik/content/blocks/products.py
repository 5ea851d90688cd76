"""Product cards of a letter: a table of cells, of products that are known or of a reader's list."""

from __future__ import annotations

import msgspec

from otklik.content.blocks.liquid import ITEM, LOOP_END, loop
from otklik.content.blocks.model import (
    FixedProducts,
    ListedProducts,
    ProductCard,
    ProductsBlock,
    Theme,
)
from otklik.content.blocks.writer import data, data_address, words
from otklik.content.engine.own_nodes import SAFE_IF_END, SAFE_IF_TAG
from otklik.content.engine.variables import LAST_ORDER

GAP = 12
_LINES = frozenset({f"{LAST_ORDER}.lines"})


class Grid(msgspec.Struct, frozen=True):
    """What all cells of one block share. `width`: of the whole table in pixels."""

    block: ProductsBlock
    theme: Theme
    name_class: str
    muted_class: str
    width: float

    @property
    def image_width(self) -> int:
        return max(40, int(self.width / self.block.columns) - GAP)


class _Parts(msgspec.Struct, frozen=True):
    """One product in markup: words, addresses, and Liquid around what it may lack."""

    name: str
    href: str
    image: str
    price: str
    old_price: str
    if_linked: str = ""
    if_not_linked: str = ""
    if_pictured: str = ""
    if_priced: str = ""
    if_reduced: str = ""


def cells(grid: Grid) -> str:
    """Return the rows of the table; empty when there is no product to show."""
    match grid.block.source:
        case FixedProducts(items=items):
            return _fixed(grid, items[: grid.block.limit])
        case ListedProducts(over=over):
            return _listed(grid, over)
        case _:
            return ""


def _fixed(grid: Grid, items: list[ProductCard]) -> str:
    columns = grid.block.columns
    rows = [items[start : start + columns] for start in range(0, len(items), columns)]
    return "".join(
        "<tr>"
        + "".join(_cell(grid, _known(item)) for item in row)
        + _filler(columns - len(row))
        + "</tr>"
        for row in rows
    )


def _listed(grid: Grid, over: str) -> str:
    """One loop for each row of the table: Liquid that counts cells would be slower and harder."""
    columns, limit = grid.block.columns, grid.block.limit
    cell = _cell(grid, _LINE if over in _LINES else _ANYTHING)
    fillers = "".join(
        f"{{% if forloop.length == {count} %}}{_filler(columns - count)}{{% endif %}}"
        for count in range(1, columns)
    )
    ends = f"{{% if forloop.last %}}{fillers}</tr>{{% endif %}}"
    return "".join(
        f"{loop(over, min(columns, limit - start), start)}"
        f"{{% if forloop.first %}}<tr>{{% endif %}}{cell}{ends}{LOOP_END}"
        for start in range(0, limit, columns)
    )


def _filler(columns: int) -> str:
    return f'<td class="pc" colspan="{columns}"></td>' if columns else ""


def _known(card: ProductCard) -> _Parts:
    return _Parts(
        name=data(card.name),
        href=data_address(card.href) if card.href else "",
        image=data_address(card.image).removeprefix("#"),
        price=data(card.price),
        old_price=data(card.old_price),
    )


def _if(*names: str, word: str = "or", sign: str = "!=") -> str:
    tests = f" {word} ".join(f"{ITEM}.{name} {sign} blank" for name in names)
    return f"{{% {SAFE_IF_TAG} {tests} %}}"


_END = f"{{% {SAFE_IF_END} %}}"
# A line of an order says exactly this; asking for more would only take time for each reader.
_LINE = _Parts(
    name=f"{{{{ {ITEM}.name }}}}",
    href=f"{{{{ {ITEM}.url }}}}",
    image=f"{{{{ {ITEM}.picture }}}}",
    price=f"{{{{ {ITEM}.price | money }}}}",
    old_price="",
    if_linked=_if("url"),
    if_not_linked=_if("url", sign="=="),
    if_pictured=_if("picture"),
    if_priced=_if("price"),
)
# Products and items of feeds name the same things differently.
_ANYTHING = _Parts(
    name=f"{{{{ {ITEM}.name | default: {ITEM}.title }}}}",
    href=f"{{{{ {ITEM}.url | default: {ITEM}.link }}}}",
    image=f"{{{{ {ITEM}.picture | default: {ITEM}.image }}}}",
    price=f"{{{{ {ITEM}.price | money: {ITEM}.currency }}}}",
    old_price=f"{{{{ {ITEM}.old_price | money: {ITEM}.currency }}}}",
    if_linked=_if("url", "link"),
    if_not_linked=_if("url", "link", word="and", sign="=="),
    if_pictured=_if("picture", "image"),
    if_priced=_if("price"),
    if_reduced=_if("old_price"),
)


def _given(test: str, text: str) -> str:
    """Put `text` under a test, where there is one."""
    return f"{test}{text}{_END}" if test and text else text


def _cell(grid: Grid, parts: _Parts) -> str:
    block, theme = grid.block, grid.theme
    share = 100 / block.columns
    small = round(theme.font_size * 0.875)
    linked: list[str] = []  # what leads to the product's page, where it has one
    if block.show.image and parts.image:
        # The name stands below it: an alt text would say it twice.
        picture = (
            f'<img src="{parts.image}" alt="" width="{grid.image_width}" style="display:block;'
            f'width:100%;max-width:{grid.image_width}px;height:auto;border:0;border-radius:6px;" />'
        )
        linked.append(_given(parts.if_pictured, picture))
    linked.append(
        f'<span class="{grid.name_class}" style="display:block;padding:8px 0 0 0;line-height:1.35;'
        f'font-weight:600;color:{theme.text_color};">{parts.name}</span>'
    )
    inner = "".join(linked)
    shown = [inner]
    if parts.href:
        link = f'<a href="{parts.href}" style="text-decoration:none;">{inner}</a>'
        shown = [_given(parts.if_linked, link)]
        if parts.if_not_linked:
            shown.append(_given(parts.if_not_linked, inner))
    prices: list[str] = []
    if block.show.price and parts.price:
        price = f'<span style="font-weight:700;">{parts.price}</span>'
        prices.append(_given(parts.if_priced, price))
    if block.show.old_price and parts.old_price:
        was = (
            f' <s class="{grid.muted_class}" style="color:{theme.muted_color};'
            f'font-size:{small}px;">{parts.old_price}</s>'
        )
        prices.append(_given(parts.if_reduced, was))
    if prices:
        shown.append(f'<div style="padding:4px 0 0 0;line-height:1.35;">{"".join(prices)}</div>')
    if block.show.button and block.button_text.strip() and parts.href:
        button = (
            '<table role="presentation" cellpadding="0" cellspacing="0" border="0" '
            'style="margin:10px 0 0 0;border-collapse:separate;"><tr>'
            f'<td bgcolor="{theme.button_background}" style="background:{theme.button_background};'
            f'border-radius:{theme.button_radius}px;"><a href="{parts.href}" '
            f'style="display:inline-block;padding:8px 16px;color:{theme.button_color};'
            f'font-size:{small}px;font-weight:600;text-decoration:none;">'
            f"{words(block.button_text)}</a></td></tr></table>"
        )
        shown.append(_given(parts.if_linked, button))
    return (
        f'<td class="pc" width="{share:.4g}%" valign="top" align="left" '
        f'style="width:{share:.4g}%;padding:0 {GAP}px 20px 0;vertical-align:top;">'
        f"{''.join(shown)}</td>"
    )
