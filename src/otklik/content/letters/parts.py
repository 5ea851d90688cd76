"""Short ways to write the documents of starter letters.

They have no colours of their own: the brand kit of a workspace gives them its look.
"""

from __future__ import annotations

import msgspec

from otklik.content.blocks.model import (
    Block,
    ButtonBlock,
    Column,
    Condition,
    ConditionTest,
    CountdownBlock,
    DividerBlock,
    Document,
    FooterBlock,
    HeadingBlock,
    ListedProducts,
    LogoBlock,
    ProductParts,
    ProductsBlock,
    QuoteBlock,
    Row,
    SpacerBlock,
    Style,
    TextBlock,
)
from otklik.content.blocks.read import write_document
from otklik.content.model import LetterKind
from otklik.content.starter import Starter
from otklik.kit.i18n import Lang

PANEL = "#f6f7f9"
"""A quiet ground for what should stand out; it goes with any brand."""
_NEW = "new"  # ids are given at the end, in the order of the letter


def row(*blocks: Block, background: str | None = None, show_if: Condition | None = None) -> Row:
    padding = 20 if background else None
    return Row(
        id=_NEW,
        columns=[Column(blocks=list(blocks))],
        background=background,
        padding=padding,
        show_if=show_if,
    )


def columns(*sides: list[Block], background: str | None = None) -> Row:
    padding = 20 if background else None
    made = [Column(blocks=side) for side in sides]
    return Row(id=_NEW, columns=made, background=background, padding=padding)


def logo() -> Row:
    return Row(id=_NEW, columns=[Column(blocks=[LogoBlock(id=_NEW)])], padding=20)


def h1(text: str) -> Block:
    return HeadingBlock(id=_NEW, text=text, level=1)


def h2(text: str) -> Block:
    return HeadingBlock(id=_NEW, text=text, level=2)


def h3(text: str) -> Block:
    return HeadingBlock(id=_NEW, text=text, level=3)


def text(*paragraphs: str) -> Block:
    return TextBlock(id=_NEW, html="".join(f"<p>{one}</p>" for one in paragraphs))


def points(*items: str) -> Block:
    return TextBlock(id=_NEW, html="<ul>" + "".join(f"<li>{one}</li>" for one in items) + "</ul>")


def button(words: str, path: str) -> Block:
    return ButtonBlock(id=_NEW, text=words, href=address(path))


def answer_button(words: str) -> Block:
    """Lead to the page with the form of the AMP part, for mail services that show no AMP."""
    return ButtonBlock(id=_NEW, text=words, href="{{ answer_url }}")


def link(words: str, path: str) -> str:
    return f'<a href="{address(path)}">{words}</a>'


def address(path: str) -> str:
    return f"https://shop.example/{path}"


def line() -> Block:
    return DividerBlock(id=_NEW)


def space(height: int) -> Block:
    return SpacerBlock(id=_NEW, height=height)


def quote(words: str, author: str, role: str) -> Block:
    return QuoteBlock(id=_NEW, text=words, author=author, role=role)


def countdown(path: str, done: str) -> Block:
    return CountdownBlock(id=_NEW, until=path, done_text=done, align="left")


def goods(over: str, *, button_text: str = "", side_by_side: int = 2, limit: int = 6) -> Block:
    return ProductsBlock(
        id=_NEW,
        source=ListedProducts(over=over),
        columns=side_by_side,
        limit=limit,
        show=ProductParts(button=bool(button_text)),
        button_text=button_text,
    )


def has(path: str) -> Condition:
    return Condition(test=[ConditionTest(path, "set")])


def lacks(path: str) -> Condition:
    return Condition(test=[ConditionTest(path, "not_set")])


def starter(
    *,
    key: str,
    lang: Lang,
    name: str,
    purpose: str,
    subject: str,
    preheader: str,
    rows: list[Row],
    why: str,
    style: Style | None = None,
    amp: str = "",
) -> Starter:
    """Return a starter; `why` tells its reader how it came to him, above the way out."""
    out, choose = (
        ("Отписаться", "Выбрать, о чём писать")
        if lang == "ru"
        else ("Unsubscribe", "Choose topics")
    )
    foot = FooterBlock(
        id=_NEW, note=why, unsubscribe_text=out, preferences_text=choose, align="left"
    )
    document = Document(v=1, lang=lang, style=style or Style(), rows=[*rows, row(line(), foot)])
    return Starter(
        key=key,
        lang=lang,
        name=name,
        purpose=purpose,
        kind=LetterKind.BLOCKS,
        subject=subject,
        preheader=preheader,
        source=write_document(_numbered(document)),
        amp=amp,
    )


def _numbered(document: Document) -> Document:
    number = 0
    rows: list[Row] = []
    for place, one in enumerate(document.rows, 1):
        made: list[Column] = []
        for column in one.columns:
            blocks: list[Block] = []
            for block in column.blocks:
                number += 1
                blocks.append(msgspec.structs.replace(block, id=f"b{number}"))
            made.append(msgspec.structs.replace(column, blocks=blocks))
        rows.append(msgspec.structs.replace(one, id=f"r{place}", columns=made))
    return msgspec.structs.replace(document, rows=rows)
