"""The places that components take: `layout`, `width` and `height` (amp.dev, “AMP HTML layout”)."""

from __future__ import annotations

import re
from typing import NamedTuple

from otklik.content.amp.components import LAYOUTS, LENGTH, Component
from otklik.content.amp.reading import Reading
from otklik.content.engine.markup import Piece

_LENGTH = re.compile(LENGTH)


class _Length(NamedTuple):
    """`unit` is "" for a length that is not set, and for `auto`."""

    given: bool
    auto: bool
    unit: str


def check_size(reading: Reading, piece: Piece, component: Component) -> None:
    """Check the place of a component, given or implied. At most one problem comes of it."""
    if not component.layouts:
        return
    names = ("layout", "width", "height", "sizes", "heights")
    given = {name: reading.value(piece, name) for name in names if piece.get(name) is not None}
    if any(reading.personal(value) for value in given.values()):
        return
    if reading.in_template and any("{{" in value for value in given.values()):
        return
    layout = given.get("layout")
    if layout is not None and layout not in LAYOUTS:
        allowed = ", ".join(sorted(component.layouts))
        reading.add("amp_layout", piece.start, tag=piece.name, layout=layout, allowed=allowed)
        return
    lengths: list[_Length] = []
    for name in ("width", "height"):
        length = _length(given.get(name))
        if length is None:
            reading.add_value(piece, name, given[name], "300, 300px, 20em, auto")
            return
        lengths.append(length)
    width, height = lengths
    taken = layout if layout is not None else _implied(width, height, given)
    if taken not in component.layouts:
        _unfit(reading, piece, component, layout, taken)
        return
    if height.auto and taken != "flex-item":
        reading.add_value(piece, "height", "auto", "300, 300px, 20em")
    elif not _fits(taken, width, height):
        reading.add("amp_size", piece.start, tag=piece.name)
    elif given.get("heights") and taken != "responsive":
        reading.add("amp_attribute", piece.start, tag=piece.name, attribute="heights")


def _length(text: str | None) -> _Length | None:
    """Read a length; None for what is none."""
    if text is None or text == "auto":
        return _Length(text is not None, text is not None, "")
    found = _LENGTH.fullmatch(text)
    return _Length(True, False, found[1] or "px") if found is not None else None


def _implied(width: _Length, height: _Length, given: dict[str, str]) -> str:
    """Return the layout that AMP takes when none is written."""
    if not width.given and not height.given:
        return "container"
    if height.given and (not width.given or width.auto):
        return "fixed-height"
    if height.given and ("sizes" in given or "heights" in given):
        return "responsive"
    return "fixed"


def _fits(taken: str, width: _Length, height: _Length) -> bool:
    if taken == "fixed-height":
        return height.given and (not width.given or width.auto)
    if taken in ("fixed", "intrinsic", "responsive"):
        both = height.given and width.given and not width.auto
        return both and (taken == "fixed" or width.unit == height.unit)
    return True


def _unfit(
    reading: Reading, piece: Piece, component: Component, layout: str | None, taken: str
) -> None:
    if layout is None and component.layouts & {"fixed", "fixed-height"}:
        reading.add("amp_size", piece.start, tag=piece.name)
        return
    allowed = ", ".join(sorted(component.layouts))
    reading.add("amp_layout", piece.start, tag=piece.name, layout=taken, allowed=allowed)
