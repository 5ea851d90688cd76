"""From the document of a block letter to MJML. Pure: the same document gives the same text.

Each row becomes a section, each block one element of its column. Conditions and repeats become
Liquid in <mj-raw> around them. Each colour gets a class, with a rule for readers who want dark.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from otklik.content.blocks import products
from otklik.content.blocks.colours import contrast, in_dark
from otklik.content.blocks.liquid import LOOP_END, loop, time_left
from otklik.content.blocks.model import (
    DEFAULT_STYLE,
    Block,
    BrandKit,
    ButtonBlock,
    Column,
    CountdownBlock,
    DividerBlock,
    Document,
    FooterBlock,
    HeadingBlock,
    HtmlBlock,
    ImageBlock,
    LogoBlock,
    MenuBlock,
    ProductsBlock,
    QuoteBlock,
    Row,
    SavedBlock,
    SocialBlock,
    SocialLink,
    SpacerBlock,
    TextBlock,
    Theme,
)
from otklik.content.blocks.richtext import clean, styled
from otklik.content.blocks.writer import NOWHERE, Place, Writer, address, lines, words
from otklik.content.engine.own_nodes import SAFE_IF_END, SAFE_IF_TAG
from otklik.kit.i18n import Lang

FONTS = {
    "system": "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, "
    "sans-serif",
    "arial": "Arial, 'Helvetica Neue', Helvetica, sans-serif",
    "georgia": "Georgia, 'Times New Roman', Times, serif",
    "verdana": "Verdana, Geneva, sans-serif",
    "tahoma": "Tahoma, Verdana, Segoe, sans-serif",
    "trebuchet": "'Trebuchet MS', 'Lucida Grande', Tahoma, sans-serif",
}
HEADINGS = {1: 1.75, 2: 1.375, 3: 1.125}
"""Size of a heading as a multiple of the letter's type."""
BLOCK_PADDING = 8
ROW_PADDING = 12
SIDE_WIDE, SIDE_NARROW = 24, 12
"""Space beside a block in a row of one column, and of several."""

_NETWORKS = {
    "telegram": "Telegram",
    "vk": "VK",
    "youtube": "YouTube",
    "whatsapp": "WhatsApp",
    "instagram": "Instagram",
    "facebook": "Facebook",
    "x": "X",
    "linkedin": "LinkedIn",
    "dzen": "Dzen",
    "ok": "OK",
}


class Mjml(msgspec.Struct, frozen=True):
    """`places[i]` is where line i + 1 of `text` comes from; `nonce` stands around raw HTML."""

    text: str
    places: tuple[Place, ...]
    nonce: str

    def place(self, line: int | None) -> Place:
        known = line is not None and 0 < line <= len(self.places)
        return self.places[line - 1] if known and line is not None else NOWHERE

    @property
    def as_code(self) -> str:
        """The MJML as an author may take it over."""
        return in_code(self.text.replace(f"<!--{self.nonce}-->", ""))


def in_code(text: str) -> str:
    """Return text with conditions as an author writes them: those of blocks are not his to write.

    They differ for values of a type that the comparison does not take: there his letter fails.
    """
    text = text.replace(f"{{% {SAFE_IF_TAG} ", "{% if ")
    return text.replace(f"{{% {SAFE_IF_END} %}}", "{% endif %}")


def theme_of(document: Document) -> Theme:
    """Return the style of a letter without gaps: its own, the brand kit's, the default."""
    given = msgspec.to_builtins(document.brand.style) if document.brand else {}
    given |= msgspec.to_builtins(document.style)
    return msgspec.structs.replace(DEFAULT_STYLE, **given)


def to_mjml(document: Document, *, nonce: str) -> Mjml:
    """Return the MJML of a document that `check_document` found free of errors.

    nonce: a word that stands nowhere in the document.
    """
    theme = theme_of(document)
    body = Writer(nonce)
    shared = body.behind(theme.background)
    renderer = _Renderer(body, theme, document.brand or BrandKit(), document.lang)
    for row in document.rows:
        renderer.row(row)
    body.row_id = body.block_id = None
    # Space below the last row, where the page ends.
    body.write('<mj-section padding="0"><mj-column><mj-spacer height="24px" /></mj-column>')
    body.write("</mj-section></mj-body></mjml>")
    head = Writer(nonce)
    lang = f' lang="{document.lang}"' if document.lang else ""
    head.write(f"<mjml{lang}><mj-head>")
    head.write(
        '<mj-raw><meta name="color-scheme" content="light dark" />'
        '<meta name="supported-color-schemes" content="light dark" /></mj-raw>'
    )
    head.write(f'<mj-attributes><mj-all font-family="{FONTS[theme.font]}" /></mj-attributes>')
    head.write(f"<mj-style>{_STYLE}</mj-style>")
    head.write(
        "<mj-style>@media (prefers-color-scheme:dark){"
        f"body{{background:{_dark_page(theme)} !important;}}{body.dark_rules}}}</mj-style>"
    )
    head.write("</mj-head>")
    head.write(
        f'<mj-body width="{theme.width}px" background-color="{theme.background}" '
        f'css-class="{shared}">'
    )
    return Mjml("\n".join(head.lines + body.lines), tuple(head.places + body.places), nonce)


_STYLE = (
    ":root{color-scheme:light dark;supported-color-schemes:light dark;}"
    "@media only screen and (max-width:479px){"
    ".pc{display:block !important;width:100% !important;box-sizing:border-box !important;}}"
)


def _dark_page(theme: Theme) -> str:
    return in_dark(theme.background)


class _Renderer:
    def __init__(self, out: Writer, theme: Theme, brand: BrandKit, lang: Lang | None) -> None:
        self.out, self.theme, self.brand, self.lang = out, theme, brand, lang
        self.side = SIDE_WIDE
        self.ground = theme.content_background
        self.column_width = float(theme.width)

    def row(self, row: Row) -> None:
        out = self.out
        out.row_id, out.block_id = row.id, None
        ground = row.background or self.theme.content_background
        padding = ROW_PADDING if row.padding is None else row.padding
        narrow = len(row.columns) > 1
        self.side = SIDE_NARROW if narrow else SIDE_WIDE
        edge = SIDE_WIDE - SIDE_NARROW if narrow else 0
        with out.shown_if(*row.within, row.show_if):
            if row.repeat is not None:
                out.write(f"<mj-raw>{loop(row.repeat.over, row.repeat.limit)}</mj-raw>")
            out.write(
                f'<mj-section css-class="{out.behind(ground)}" background-color="{ground}" '
                f'padding="{padding}px {edge}px">'
            )
            if not row.stack:
                out.write("<mj-group>")
            inner = self.theme.width - 2 * edge
            for column, share in zip(row.columns, _shares(row.columns), strict=True):
                self.column_width = inner * share / 100
                self.column(row, column, share, ground)
            out.block_id = None
            if not row.stack:
                out.write("</mj-group>")
            out.write("</mj-section>")
            if row.repeat is not None:
                out.write(f"<mj-raw>{LOOP_END}</mj-raw>")

    def column(self, row: Row, column: Column, share: float, ground: str) -> None:
        out = self.out
        out.write(f'<mj-column width="{share:.4g}%">')
        for block in column.blocks:
            out.row_id, out.block_id = row.id, block.id
            # The background of a button is its own, not that of its place.
            own = None if isinstance(block, ButtonBlock) else block.background
            self.ground = own or ground
            with out.shown_if(*block.within, block.show_if):
                self.block(block)
        out.block_id = None
        out.write("</mj-column>")

    def block(self, block: Block) -> None:
        match block:
            case TextBlock():
                self.rich_text(block)
            case HeadingBlock():
                self.heading(block)
            case ButtonBlock():
                self.button(block)
            case ImageBlock():
                self.image(block)
            case DividerBlock():
                color = block.color or _line_on(self.ground)
                self.out.write(
                    f'<mj-divider {self.box(block, self.out.line(color))} border-color="{color}" '
                    f'border-width="{block.thickness}px" />'
                )
            case SpacerBlock():
                # Its height is its own whole height, whatever stands around it.
                self.out.write(
                    f'<mj-spacer {self.box(block, usual=0)} height="{block.height}px" />'
                )
            case SocialBlock():
                self.social(block)
            case MenuBlock():
                found = [(one.text, one.href) for one in block.items]
                self.links(block, found, self.theme.text_color)
            case ProductsBlock():
                self.products(block)
            case QuoteBlock():
                self.quote(block)
            case CountdownBlock():
                self.countdown(block)
            case HtmlBlock():
                self.out.write_source(
                    f"<mj-text {self.text_box(block, self.theme.text_color)}>",
                    block.source,
                    "</mj-text>",
                )
            case LogoBlock():
                self.logo(block)
            case FooterBlock():
                self.footer(block)
            case SavedBlock():
                pass  # put in by `settle`; what is left has a problem of its own

    def box(self, block: Block, *classes: str, usual: int = BLOCK_PADDING) -> str:
        """Return the attributes of the place of a block."""
        given = usual if block.padding is None else block.padding
        parts = f'padding="{given}px {self.side}px"'
        names = list(classes)
        if block.background is not None:
            parts += f' container-background-color="{block.background}"'
            names.append(self.out.behind(block.background))
        return f'{parts} css-class="{" ".join(names)}"' if names else parts

    def picture_box(self, block: Block) -> str:
        """Its words are shown while pictures are off, so they must be seen in the dark too."""
        return self.box(block, self.out.on(self.theme.text_color, self.ground))

    def text_box(self, block: Block, color: str, *, size: float = 1.0, align: str = "left") -> str:
        """Return the attributes of a place with text."""
        given = BLOCK_PADDING if block.padding is None else block.padding
        classes = self.out.on(color, self.ground)
        parts = f'padding="{given}px {self.side}px"'
        if block.background is not None:
            parts += f' container-background-color="{block.background}"'
            classes += f" {self.out.behind(block.background)}"
        pixels = round(self.theme.font_size * size)
        return (
            f'{parts} css-class="{classes}" color="{color}" align="{align}" '
            f'font-size="{pixels}px" line-height="{1.55 if size <= 1 else 1.3}"'
        )

    def rich(self, html: str) -> str:
        link = self.theme.link_color
        return styled(
            clean(html).html,
            link=link,
            link_class=self.out.on(link, self.ground),
            span_class=lambda color: self.out.on(color, self.ground),
        )

    def rich_text(self, block: TextBlock) -> None:
        box = self.text_box(block, self.theme.text_color, align=block.align)
        self.out.write(f"<mj-text {box}>{self.rich(block.html)}</mj-text>")

    def heading(self, block: HeadingBlock) -> None:
        size = HEADINGS[block.level]
        box = self.text_box(block, self.theme.heading_color, size=size, align=block.align)
        pixels = round(self.theme.font_size * size)
        tag = f"h{block.level}"
        style = f"margin:0;font-size:{pixels}px;line-height:1.3;font-weight:700;"
        self.out.write(
            f'<mj-text {box}><{tag} style="{style}">{lines(block.text)}</{tag}></mj-text>'
        )

    def button(self, block: ButtonBlock) -> None:
        theme = self.theme
        given = BLOCK_PADDING if block.padding is None else block.padding
        wide = ' width="100%"' if block.wide else ""
        self.out.write(
            f'<mj-button padding="{given}px {self.side}px" align="{block.align}"{wide} '
            f'href="{address(block.href)}" '
            f'background-color="{block.background or theme.button_background}" '
            f'color="{block.color or theme.button_color}" '
            f'border-radius="{theme.button_radius}px" inner-padding="12px 24px" '
            f'font-size="{theme.font_size}px" font-weight="600" line-height="1.25">'
            f"{words(block.text)}</mj-button>"
        )

    def image(self, block: ImageBlock) -> None:
        alt = ' alt=""' if block.decorative else f' alt="{words(block.alt)}"'
        if not block.alt.strip() and not block.decorative:
            alt = ""  # its absence is what the check looks for
        href = f' href="{address(block.href)}"' if block.href else ""
        width = f' width="{block.width}px"' if block.width else ""
        self.out.write(
            f'<mj-image {self.picture_box(block)} align="{block.align}" src="{address(block.src)}"'
            f"{alt}{href}{width} />"
        )

    def social(self, block: SocialBlock) -> None:
        shown = block.links or self.brand.social
        found = [(_network_name(one), one.href) for one in shown]
        self.links(block, found, self.theme.muted_color)

    def links(
        self, block: SocialBlock | MenuBlock, found: list[tuple[str, str]], color: str
    ) -> None:
        box = self.text_box(block, color, size=0.9375, align=block.align)
        shade = self.out.on(color, self.ground)
        parts = [
            f'<a href="{address(href)}" class="{shade}" style="color:{color};'
            f'text-decoration:none;font-weight:600;white-space:nowrap;">{words(text)}</a>'
            for text, href in found
        ]
        if parts:
            self.out.write(f"<mj-text {box}>{' &#160;&#160; '.join(parts)}</mj-text>")

    def products(self, block: ProductsBlock) -> None:
        box = self.text_box(block, self.theme.text_color, size=0.9375)
        grid = products.Grid(
            block=block,
            theme=self.theme,
            name_class=self.out.on(self.theme.text_color, self.ground),
            muted_class=self.out.on(self.theme.muted_color, self.ground),
            width=self.column_width - 2 * self.side,
        )
        cells = products.cells(grid)
        if cells:
            self.out.write(
                f'<mj-table {box} role="presentation" cellpadding="0" cellspacing="0">'
                f"{cells}</mj-table>"
            )

    def quote(self, block: QuoteBlock) -> None:
        theme = self.theme
        box = self.text_box(block, theme.text_color)
        said = ", ".join(words(one.strip()) for one in (block.author, block.role) if one)
        by = (
            f'<div class="{self.out.on(theme.muted_color, self.ground)}" style="margin:8px 0 0 0;'
            f'color:{theme.muted_color};font-size:{round(theme.font_size * 0.875)}px;">{said}</div>'
            if said
            else ""
        )
        self.out.write(
            f'<mj-table {box} role="presentation" cellpadding="0" cellspacing="0"><tr>'
            f'<td style="border-left:3px solid {theme.link_color};padding:4px 0 4px 16px;">'
            f'<div style="font-style:italic;">{lines(block.text)}</div>{by}</td></tr></mj-table>'
        )

    def countdown(self, block: CountdownBlock) -> None:
        box = self.text_box(block, self.theme.heading_color, size=1.375, align=block.align)
        text = time_left(block.until, block.units, block.done_text)
        self.out.write(f"<mj-text {box}><strong>{text}</strong></mj-text>")

    def logo(self, block: LogoBlock) -> None:
        logo = self.brand.logo
        if logo is None or not logo.src:
            box = self.text_box(block, self.theme.heading_color, size=1.125, align=block.align)
            name = "{{ workspace.name }}"
            self.out.write(f"<mj-text {box}><strong>{name}</strong></mj-text>")
            return
        alt = words(logo.alt) or "{{ workspace.name }}"
        href = f' href="{address(logo.href)}"' if logo.href else ""
        self.out.write(
            f'<mj-image {self.picture_box(block)} align="{block.align}" width="{block.width}px" '
            f'src="{address(logo.src)}" alt="{alt}"{href} />'
        )

    def footer(self, block: FooterBlock) -> None:
        muted, kit = self.theme.muted_color, self.brand.footer
        box = self.text_box(block, muted, size=0.8125, align=block.align)
        shade = self.out.on(muted, self.ground)
        style = f'class="{shade}" style="color:{muted};text-decoration:underline;"'
        who = [words(kit.company.strip()) or "{{ workspace.name }}"]
        who += [words(kit.address.strip())] if kit.address.strip() else []
        parts = [lines(block.note)] if block.note.strip() else []
        parts.append(" · ".join(who))
        if kit.note.strip():
            parts.append(lines(kit.note))
        out = words(block.unsubscribe_text.strip()) or _UNSUBSCRIBE[self.lang or "en"]
        ways = [f'<a href="{{{{ unsubscribe_url }}}}" {style}>{out}</a>']
        if block.preferences_text.strip():
            ways.append(
                f'<a href="{{{{ preferences_url }}}}" {style}>{words(block.preferences_text)}</a>'
            )
        parts.append(" · ".join(ways))
        made = "".join(f'<p style="margin:0 0 6px 0;">{part}</p>' for part in parts)
        self.out.write(f"<mj-text {box}>{made}</mj-text>")


_UNSUBSCRIBE: dict[Lang, str] = {"ru": "Отписаться", "en": "Unsubscribe"}


def _shares(columns: list[Column]) -> list[float]:
    """Return the widths of columns in per cent: what is given, scaled to fit, and equal rests."""
    given = sum(column.width or 0 for column in columns)
    without = sum(column.width is None for column in columns)
    least = 100 / len(columns) / 2
    rest = max(least, (100 - given) / without) if without else 0
    whole = given + rest * without
    return [(rest if column.width is None else column.width) * 100 / whole for column in columns]


def _network_name(link: SocialLink) -> str:
    if link.network in _NETWORKS:
        return _NETWORKS[link.network]
    text = link.href.strip()
    if link.network == "site":
        try:
            return (urlsplit(text).hostname or text).removeprefix("www.")
        except ValueError:
            return text
    return text.partition(":")[2].partition("?")[0] or text


def _line_on(ground: str) -> str:
    """Return the colour of a thin line that is seen on `ground`, and in the dark too."""
    return "#d7dbe0" if contrast(ground, "#000000") > contrast(ground, "#ffffff") else "#6b7280"
