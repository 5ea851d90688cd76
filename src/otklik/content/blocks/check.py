"""Checks the document of a block letter: what must be right before it can become a letter.

What can be seen in the MJML made of it (addresses, alt texts, unknown variables) is checked there,
by the checks of all letters; every problem names its row and block.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from otklik.content.blocks.colours import CONTRAST_LARGE, CONTRAST_TEXT, contrast
from otklik.content.blocks.liquid import is_moment, is_path, quotable, value_fits
from otklik.content.blocks.model import (
    Block,
    BrandKit,
    ButtonBlock,
    Condition,
    CountdownBlock,
    Document,
    FixedProducts,
    FooterBlock,
    HeadingBlock,
    HtmlBlock,
    ImageBlock,
    ListedProducts,
    LogoBlock,
    MenuBlock,
    PickedProducts,
    ProductsBlock,
    QuoteBlock,
    Row,
    SavedBlock,
    SocialBlock,
    TextBlock,
    Theme,
)
from otklik.content.blocks.read import blocks_of
from otklik.content.blocks.richtext import Cleaned, clean, scheme_of
from otklik.content.blocks.to_mjml import HEADINGS, theme_of
from otklik.content.blocks.writer import own
from otklik.content.engine.grammar import check_liquid
from otklik.content.engine.liquid import AUTHOR_HTML
from otklik.content.engine.mask import UnclosedLiquid
from otklik.content.engine.problems import problem
from otklik.content.errors import BrandKitBroken
from otklik.content.model import LetterProblem, Limits
from otklik.kit.errors import Problem
from otklik.kit.i18n import Text

LARGE_BOLD_PIXELS = 18.66


def check_document(document: Document, limits: Limits) -> list[LetterProblem]:
    """Return what is wrong with a document, each with its row and block."""
    problems: list[LetterProblem] = []
    theme = theme_of(document)
    kit = document.brand or BrandKit()
    if not document.rows:
        problems.append(problem("source_empty", "source", None))
    for row in document.rows:
        for found in _check_row(row):
            problems.append(_at(found, row, None))
    for row, block in blocks_of(document):
        ground = row.background or theme.content_background
        if block.background and not isinstance(block, ButtonBlock):
            ground = block.background
        found_in_block = [
            *_check_conditions(block.show_if, *block.within),
            *_check_liquid(block, kit, limits),
            *_check_block(block, kit),
            *_check_contrast(block, theme, ground),
        ]
        problems += (_at(found, row, block) for found in found_in_block)
    return problems


def check_kit(kit: BrandKit) -> None:
    """Make sure that a brand kit can stand in letters. Raises: BrandKitBroken."""
    addresses = [("social", link.href) for link in kit.social]
    if kit.logo is not None:
        addresses += [("logo.src", kit.logo.src), ("logo.href", kit.logo.href)]
    problems = [
        Problem(path, _text(problem("link_scheme", "source", None, scheme=scheme)), code="scheme")
        for path, address in addresses
        if (scheme := scheme_of(address)) is not None
    ]
    footer = kit.footer
    texts = [
        ("footer.company", footer.company),
        ("footer.address", footer.address),
        ("footer.note", footer.note),
        *addresses,
        ("logo.alt", kit.logo.alt if kit.logo else ""),
    ]
    for path, text in texts:
        problems += [
            Problem(path, _text(found), code=found.code)
            for found in check_liquid("source", text, AUTHOR_HTML, Limits())
        ]
    if problems:
        raise BrandKitBroken(problems=problems)


def _text(found: LetterProblem) -> Text:
    return Text(en=found.message("en"), ru=found.message("ru"))


def _at(found: LetterProblem, row: Row, block: Block | None) -> LetterProblem:
    return msgspec.structs.replace(
        found, row_id=own(row.id), block_id=own(block.id) if block else None
    )


def _say(code: str, **facts: object) -> LetterProblem:
    return problem(code, "source", None, **facts)


def _check_row(row: Row) -> Iterator[LetterProblem]:
    yield from _check_conditions(row.show_if, *row.within)
    if row.repeat is not None and not is_path(row.repeat.over):
        yield _say("bad_path", path=row.repeat.over)


def _check_conditions(*conditions: Condition | None) -> Iterator[LetterProblem]:
    for condition in conditions:
        for test in condition.test if condition else ():
            if not is_path(test.path):
                yield _say("bad_path", path=test.path)
            elif not value_fits(test):
                yield _say("bad_value", path=test.path)


def _texts(block: Block, kit: BrandKit) -> Iterator[str]:
    """Yield every text of a block that may hold Liquid of the author's."""
    match block:
        case TextBlock():
            yield block.html
        case HeadingBlock():
            yield block.text
        case ButtonBlock():
            yield from (block.text, block.href)
        case ImageBlock():
            yield from (block.src, block.alt, block.href or "")
        case SocialBlock():
            yield from (link.href for link in block.links or kit.social)
        case MenuBlock():
            yield from (text for item in block.items for text in (item.text, item.href))
        case ProductsBlock():
            yield block.button_text
        case QuoteBlock():
            yield from (block.text, block.author or "", block.role or "")
        case HtmlBlock():
            yield block.source
        case LogoBlock() if kit.logo:
            yield from (kit.logo.src, kit.logo.alt, kit.logo.href)
        case FooterBlock():
            yield from (block.note, block.unsubscribe_text, block.preferences_text)
            yield from (kit.footer.company, kit.footer.address, kit.footer.note)


def _check_liquid(block: Block, kit: BrandKit, limits: Limits) -> Iterator[LetterProblem]:
    """Each text is checked by itself: a tag that it leaves open would swallow the rest."""
    for text in _texts(block, kit):
        if "{" in text:
            for found in check_liquid("source", text, AUTHOR_HTML, limits):
                line = found.line if isinstance(block, HtmlBlock) else None
                yield msgspec.structs.replace(found, line=line)


def _addresses(block: Block, kit: BrandKit) -> Iterator[str]:
    match block:
        case ButtonBlock():
            yield block.href
        case ImageBlock():
            yield from (block.src, block.href or "")
        case SocialBlock():
            yield from (link.href for link in block.links or kit.social)
        case MenuBlock():
            yield from (item.href for item in block.items)
        case LogoBlock() if kit.logo:
            yield from (kit.logo.src, kit.logo.href)


def _check_block(block: Block, kit: BrandKit) -> Iterator[LetterProblem]:
    for address in _addresses(block, kit):
        scheme = scheme_of(address)
        if scheme is not None:
            yield _say("link_scheme", scheme=scheme[:30])
    match block:
        case TextBlock():
            cleaned = _cleaned(block)
            if cleaned is not None and cleaned.dropped:
                yield _say("text_cleaned", what=", ".join(cleaned.dropped[:8]))
            for href in cleaned.hrefs if cleaned else ():
                scheme = scheme_of(href)
                if scheme is not None:
                    yield _say("link_scheme", scheme=scheme[:30])
        case ButtonBlock() if not block.text.strip():
            yield _say("button_empty")
        case SocialBlock() if not block.links and not kit.social:
            yield _say("social_empty")
        case CountdownBlock():
            if not is_moment(block.until) and not is_path(block.until):
                yield _say("countdown_until")
            if not quotable(block.done_text):
                yield _say("bad_quotes")
        case ProductsBlock(source=source):
            yield from _check_products(source)
        case SavedBlock():
            yield _say("saved_block_missing")
        case _:
            pass


def _check_products(
    source: PickedProducts | ListedProducts | FixedProducts,
) -> Iterator[LetterProblem]:
    match source:
        case ListedProducts(over=over):
            if not is_path(over):
                yield _say("bad_path", path=over)
            return
        case FixedProducts(items=items, missing=missing):
            pass
        case PickedProducts(product_ids=missing):
            items = []
    if missing:
        yield _say("products_missing", products=", ".join(missing))
    if not items and not missing:
        yield _say("products_empty")


def _cleaned(block: TextBlock) -> Cleaned | None:
    try:
        return clean(block.html)
    except UnclosedLiquid:
        return None  # the check of Liquid says so


def _check_contrast(block: Block, theme: Theme, ground: str) -> Iterator[LetterProblem]:
    """Compare every colour of a block's text with what it stands on."""
    seen: list[tuple[str, str, float]] = []
    match block:
        case TextBlock():
            seen.append((theme.text_color, ground, CONTRAST_TEXT))
            if "<a" in block.html:
                seen.append((theme.link_color, ground, CONTRAST_TEXT))
            cleaned = _cleaned(block)
            seen += [(one, ground, CONTRAST_TEXT) for one in (cleaned.colors if cleaned else ())]
        case HeadingBlock():
            pixels = theme.font_size * HEADINGS[block.level]
            needed = CONTRAST_LARGE if pixels >= LARGE_BOLD_PIXELS else CONTRAST_TEXT
            seen.append((theme.heading_color, ground, needed))
        case ButtonBlock():
            face = block.background or theme.button_background
            seen.append((block.color or theme.button_color, face, CONTRAST_TEXT))
        case MenuBlock():
            seen.append((theme.text_color, ground, CONTRAST_TEXT))
        case QuoteBlock() | ProductsBlock():
            seen.append((theme.text_color, ground, CONTRAST_TEXT))
            if isinstance(block, ProductsBlock) and block.show.button and block.button_text:
                seen.append((theme.button_color, theme.button_background, CONTRAST_TEXT))
        case SocialBlock() | FooterBlock():
            seen.append((theme.muted_color, ground, CONTRAST_TEXT))
        case CountdownBlock() | LogoBlock():
            seen.append((theme.heading_color, ground, CONTRAST_LARGE))
        case _:
            pass
    for color, behind, needed in seen:
        ratio = contrast(color, behind)
        if ratio < needed:
            # Never rounded up to the ratio that it misses.
            shown = int(ratio * 10) / 10
            yield _say("contrast_low", color=color, background=behind, ratio=shown, needed=needed)
