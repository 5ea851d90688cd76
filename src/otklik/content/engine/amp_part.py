"""The AMP part of a letter, compiled: the author's source with its links as nodes and a pixel."""

from __future__ import annotations

from collections.abc import Iterable

from otklik.content.amp.raw import raw_stretches
from otklik.content.engine.links import Edit, LinkTable, apply_edits, link_node, plain_address
from otklik.content.engine.markup import Piece, read_markup
from otklik.content.engine.mask import Masked, Unmasked, mask, unmask
from otklik.content.engine.own_nodes import AMP_PIXEL_TAG


def amp_template(amp: str, table: LinkTable) -> Unmasked:
    """Return the Liquid text of which the AMP part is made. Nothing else in the source changes.

    An address that the HTML has too keeps the number it has there: it is the same link in reports.
    """
    masked = mask(amp)
    pieces = list(read_markup(masked.text))
    edits = [*_links(pieces, masked, table), *_pixel(pieces)]
    return unmask(apply_edits(masked.text, edits), masked)


def _links(pieces: Iterable[Piece], masked: Masked, table: LinkTable) -> Iterable[Edit]:
    raw = raw_stretches(masked)
    for piece in pieces:
        href = piece.get("href") if piece.kind == "open" and piece.name == "a" else None
        value = (href.value or "").strip() if href is not None else ""
        if href is None or not value or value.startswith("#"):
            continue
        dynamic = masked.pattern.search(value) is not None
        is_raw = raw.covers(href.start)
        if is_raw and dynamic:
            continue  # the braces of amp-mustache: the mail service fills them in
        link = table.add(plain_address(value, masked), dynamic=dynamic, reuse=True)
        node = link_node(link, value)
        if is_raw:
            node = f"{{% endraw %}}{node}{{% raw %}}"
        quote = "" if href.quote else '"'
        yield Edit(href.start, href.end, f"{quote}{node}{quote}")


def _pixel(pieces: Iterable[Piece]) -> Iterable[Edit]:
    ends = [piece.start for piece in pieces if piece.kind == "close" and piece.name == "body"]
    if ends:
        yield Edit(ends[-1], ends[-1], f"{{% {AMP_PIXEL_TAG} %}}")
