"""The document of a block letter: plain data that the editor writes and the renderer reads.

A letter of the kind "blocks" keeps this document as JSON in its source. What is absent in `style`
comes from the workspace's brand kit, and what is absent there from `DEFAULT_STYLE`. Numbers are
pixels unless said otherwise. A path is a name as Liquid knows it, dotted: `customer.plan`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

ROWS_MAX = 200
BLOCKS_MAX = 500
DOCUMENT_BYTES_MAX = 512 * 1024
PRODUCTS_MAX = 12
REPEAT_MAX = 20

Color = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-fA-F]{6}$")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=160, pattern=r"^[A-Za-z0-9_./:-]+$")]
Address = Annotated[str, msgspec.Meta(max_length=2_048)]
Words = Annotated[str, msgspec.Meta(max_length=5_000)]
Html = Annotated[str, msgspec.Meta(max_length=100_000)]
Short = Annotated[str, msgspec.Meta(max_length=300)]
VarPath = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Align = Literal["left", "center", "right"]
Font = Literal["system", "arial", "georgia", "verdana", "tahoma", "trebuchet"]
Network = Literal[
    "telegram",
    "vk",
    "youtube",
    "whatsapp",
    "instagram",
    "facebook",
    "x",
    "linkedin",
    "dzen",
    "ok",
    "site",
    "email",
    "phone",
]


class Style(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Colours and type of a whole letter; dark variants are made by the renderer."""

    background: Color | None = None
    content_background: Color | None = None
    text_color: Color | None = None
    muted_color: Color | None = None
    heading_color: Color | None = None
    link_color: Color | None = None
    button_background: Color | None = None
    button_color: Color | None = None
    font: Font | None = None
    font_size: Annotated[int, msgspec.Meta(ge=12, le=20)] | None = None
    width: Annotated[int, msgspec.Meta(ge=480, le=720)] | None = None
    button_radius: Annotated[int, msgspec.Meta(ge=0, le=40)] | None = None


class Theme(msgspec.Struct, frozen=True):
    """A style without gaps."""

    background: str = "#eceef1"
    content_background: str = "#ffffff"
    text_color: str = "#1f2937"
    muted_color: str = "#5f6873"
    heading_color: str = "#111827"
    link_color: str = "#0f6b63"
    button_background: str = "#0f6b63"
    button_color: str = "#ffffff"
    font: Font = "system"
    font_size: int = 16
    width: int = 600
    button_radius: int = 8


DEFAULT_STYLE = Theme()


class ConditionTest(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One comparison. `value` is left out for set and not_set. A value of another type than the
    person's compares as false, but `ne` as true."""

    path: VarPath
    op: Literal["eq", "ne", "contains", "gt", "lt", "set", "not_set"]
    value: Annotated[str, msgspec.Meta(max_length=300)] | int | float | bool | None = None


class Condition(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who sees a row or a block; without tests everybody does."""

    test: Annotated[list[ConditionTest], msgspec.Meta(max_length=10)] = []
    match: Literal["all", "any"] = "all"


class Repeat(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A row once for each item of a list; inside it the item is `item`."""

    over: VarPath
    limit: Annotated[int, msgspec.Meta(ge=1, le=REPEAT_MAX)] = 10


class _Block(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    forbid_unknown_fields=True,
):
    """What every block has. `padding`: above and below it.

    `within`: conditions of the place where a saved block stands; put in by the server.
    """

    id: Id
    padding: Annotated[int, msgspec.Meta(ge=0, le=60)] | None = None
    background: Color | None = None
    show_if: Condition | None = None
    within: Annotated[list[Condition], msgspec.Meta(max_length=4)] = []


class TextBlock(_Block, frozen=True, kw_only=True, tag="text"):
    """Paragraphs: p, br, strong, em, u, s, a[href], ul, ol, li, span with a colour; Liquid too."""

    html: Html = ""
    align: Align = "left"


class HeadingBlock(_Block, frozen=True, kw_only=True, tag="heading"):
    text: Words = ""
    level: Literal[1, 2, 3] = 1
    align: Align = "left"


class ButtonBlock(_Block, frozen=True, kw_only=True, tag="button"):
    """`background` is the button's own colour, `color` that of its words."""

    text: Short = ""
    href: Address = ""
    align: Align = "left"
    wide: bool = False
    color: Color | None = None


class ImageBlock(_Block, frozen=True, kw_only=True, tag="image"):
    """A `decorative` image says nothing, so it needs no alt text."""

    src: Address = ""
    alt: Short = ""
    href: Address | None = None
    width: Annotated[int, msgspec.Meta(ge=8, le=1_300)] | None = None
    align: Align = "center"
    decorative: bool = False


class DividerBlock(_Block, frozen=True, kw_only=True, tag="divider"):
    color: Color | None = None
    thickness: Annotated[int, msgspec.Meta(ge=1, le=8)] = 1


class SpacerBlock(_Block, frozen=True, kw_only=True, tag="spacer"):
    height: Annotated[int, msgspec.Meta(ge=4, le=120)] = 24


class SocialLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    network: Network
    href: Address = ""


class SocialBlock(_Block, frozen=True, kw_only=True, tag="social"):
    """Links to the sender's pages; without any of its own, those of the brand kit."""

    links: Annotated[list[SocialLink], msgspec.Meta(max_length=13)] = []
    align: Align = "center"


class MenuItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Short = ""
    href: Address = ""


class MenuBlock(_Block, frozen=True, kw_only=True, tag="menu"):
    items: Annotated[list[MenuItem], msgspec.Meta(max_length=10)] = []
    align: Align = "center"


class PickedProducts(
    msgspec.Struct, frozen=True, tag_field="kind", tag="picked", forbid_unknown_fields=True
):
    """Products of the catalogue by their ids; read when the letter is launched or previewed."""

    product_ids: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=PRODUCTS_MAX)
    ] = []


class ListedProducts(
    msgspec.Struct, frozen=True, tag_field="kind", tag="list", forbid_unknown_fields=True
):
    """The items of a list that each reader has: `last_order.lines`."""

    over: VarPath


class ProductCard(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A product as the letter shows it; prices are written out already."""

    name: Words
    href: Address = ""
    image: Address = ""
    price: Short = ""
    old_price: Short = ""


class FixedProducts(
    msgspec.Struct, frozen=True, tag_field="kind", tag="fixed", forbid_unknown_fields=True
):
    """Picked products as they were found; the server puts them in the place of `picked`.

    `missing`: what was picked and is not in the catalogue any more.
    """

    items: Annotated[list[ProductCard], msgspec.Meta(max_length=PRODUCTS_MAX)] = []
    missing: Annotated[list[Short], msgspec.Meta(max_length=PRODUCTS_MAX)] = []


ProductSource = PickedProducts | ListedProducts | FixedProducts


class ProductParts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    image: bool = True
    price: bool = True
    old_price: bool = True
    button: bool = True


class ProductsBlock(_Block, frozen=True, kw_only=True, tag="products"):
    source: ProductSource
    columns: Annotated[int, msgspec.Meta(ge=1, le=4)] = 2
    limit: Annotated[int, msgspec.Meta(ge=1, le=PRODUCTS_MAX)] = 4
    show: ProductParts = ProductParts()
    button_text: Short = ""


class QuoteBlock(_Block, frozen=True, kw_only=True, tag="quote"):
    text: Words = ""
    author: Short | None = None
    role: Short | None = None


class CountdownBlock(_Block, frozen=True, kw_only=True, tag="countdown"):
    """How long it is until a moment, in words, as of the sending: an open letter can't change.

    `until`: a moment of ISO 8601 with its zone, or the path of a date.
    """

    until: Annotated[str, msgspec.Meta(max_length=200)] = ""
    done_text: Short = ""
    units: Literal["days", "hours"] = "days"
    align: Align = "center"


class HtmlBlock(_Block, frozen=True, kw_only=True, tag="html"):
    """HTML as the author wrote it."""

    source: Html = ""


class SavedBlock(_Block, frozen=True, kw_only=True, tag="saved"):
    """A reusable block of the workspace, put in when the letter is launched or previewed."""

    block_id: Annotated[str, msgspec.Meta(max_length=64)]


class LogoBlock(_Block, frozen=True, kw_only=True, tag="logo"):
    """The logo of the brand kit, or the workspace's name where there is none."""

    align: Align = "left"
    width: Annotated[int, msgspec.Meta(ge=24, le=400)] = 120


class FooterBlock(_Block, frozen=True, kw_only=True, tag="footer"):
    """The last lines of a letter: why it came, who writes, from where, and the way out.

    Company, address and a note below them are the brand kit's. `preferences_text` empty: no such
    link.
    """

    note: Words = ""

    unsubscribe_text: Short = ""
    preferences_text: Short = ""
    align: Align = "center"


Block = (
    TextBlock
    | HeadingBlock
    | ButtonBlock
    | ImageBlock
    | DividerBlock
    | SpacerBlock
    | SocialBlock
    | MenuBlock
    | ProductsBlock
    | QuoteBlock
    | CountdownBlock
    | HtmlBlock
    | SavedBlock
    | LogoBlock
    | FooterBlock
)


class Column(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`width`: per cent of the row; columns without one share what is left."""

    width: Annotated[float, msgspec.Meta(ge=5, le=100)] | None = None
    blocks: list[Block] = []


class Row(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Columns side by side; on a phone they stand one below the other unless `stack` is false.

    `within`: as in a block.
    """

    id: Id
    columns: Annotated[list[Column], msgspec.Meta(min_length=1, max_length=4)]
    background: Color | None = None
    padding: Annotated[int, msgspec.Meta(ge=0, le=80)] | None = None
    stack: bool = True
    show_if: Condition | None = None
    repeat: Repeat | None = None
    within: Annotated[list[Condition], msgspec.Meta(max_length=4)] = []


class Logo(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    src: Address
    alt: Short = ""
    href: Address = ""


class Footer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    company: Short = ""
    address: Short = ""
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class BrandKit(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What all block letters of a workspace share."""

    style: Style = Style()
    logo: Logo | None = None
    social: Annotated[list[SocialLink], msgspec.Meta(max_length=13)] = []
    footer: Footer = Footer()


class Document(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A letter of blocks. `lang`: of its words, for programs that read it aloud; absent: the
    workspace's. `brand` is put in by the server when the letter is launched."""

    v: Literal[1]
    lang: Literal["ru", "en"] | None = None
    style: Style = Style()
    rows: Annotated[list[Row], msgspec.Meta(max_length=ROWS_MAX)] = []
    brand: BrandKit | None = None
