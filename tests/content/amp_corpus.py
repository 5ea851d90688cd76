"""Documents on which our check of AMP parts and the official validator are compared.

`tools/amp_official.py` runs the official validator over them and keeps what it said in
`amp_official.json`; `test_amp_official.py` holds our check to that. All of it is the same at every
run: the changed documents come from a generator with a fixed seed.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from otklik.content.amp.components import COMPONENTS, SCRIPTS, script_of
from otklik.content.amp.examples import EXAMPLES
from otklik.content.public import Tracking, compile_letter, render
from tests.content import amp_fragments as fragments
from tests.content.helpers import html, person

CHANGED = 600
_RAW = re.compile(r"\{%\s*(?:end)?raw\s*%\}")
_LIQUID = re.compile(r"\{\{.*?\}\}")


class Document(NamedTuple):
    """`source`: what an author writes; the mail service gets `sent`."""

    name: str
    source: str

    @property
    def sent(self) -> str:
        return _RAW.sub("", self.source)

    @property
    def key(self) -> str:
        return hashlib.sha256(self.sent.encode()).hexdigest()[:16]


def documents() -> list[Document]:
    """Return all of them, each text once."""
    found: dict[str, Document] = {}
    for one in _all():
        found.setdefault(one.key, one)
    return list(found.values())


def _all() -> Iterator[Document]:
    rendered = list(_rendered())
    yield from rendered
    for body in fragments.BODIES:
        yield _document(f"body {body}", fragments.part(body + fragments.USERS, scripts=_ALL))
        yield _document(f"bare {body}", fragments.part(body))
    for style in fragments.STYLES:
        yield _document(f"style {style}", fragments.part(style=style))
        yield _document(f"free {style}", _free(fragments.part(style=style)))
        if "{" not in style and "@" not in style:
            quoted = style.replace("'", "&#39;")
            yield _document(f"inline {style}", fragments.part(f"<p style='{quoted}'>x</p>"))
    for declaration in fragments.DECLARATIONS:
        inline = fragments.part(f"<p style='{declaration}'>x</p>")
        yield _document(f"inline {declaration}", inline)
        yield _document(f"free inline {declaration}", _free(inline))
    for old, new in fragments.FRAMES:
        base = fragments.part()
        assert old in base, old
        yield _document(f"frame {old} → {new}", base.replace(old, new, 1))
    yield from _scripts()
    yield from _sizes()
    yield from _addresses()
    whole = [one.sent for one in rendered]
    whole.append(fragments.part(fragments.RICH + fragments.USERS, scripts=_ALL))
    chance = random.Random(4)
    for number in range(CHANGED):
        yield _document(f"changed {number}", _changed(chance, chance.choice(whole)))


_ALL = tuple(sorted(SCRIPTS))


def _document(name: str, source: str) -> Document:
    """Return a document; braces that are not Liquid's get `raw` around them."""
    if "{%" not in source:
        source = _LIQUID.sub(lambda found: f"{{% raw %}}{found[0]}{{% endraw %}}", source)
    return Document(name, source)


def _rendered() -> Iterator[Document]:
    """Yield our examples as they are sent: made for a person, with our links and our pixel."""
    tracking = Tracking(
        link=lambda index, url: f"https://t.example/{index}", pixel_url="https://t.example/o.gif"
    )
    for one in EXAMPLES:
        letter = msgspec.structs.replace(html("x"), amp=one.amp)
        values = {"answer_url": "https://t.example/a", "preferences_url": "https://t.example/p"}
        made = render(compile_letter(letter), person() | values, tracking)
        yield _document(f"example {one.key} {one.lang}", made.amp)


def _free(document: str) -> str:
    return document.replace(" data-css-strict", "")


def _scripts() -> Iterator[Document]:
    for name in [*_ALL, "amp-video", "amp-analytics", "amp-base-carousel", "amp-fx-collection"]:
        line = script_of(name)
        user = fragments.USER.get(name, "")
        for version in ("0.1", "0.2", "1.0", "latest"):
            changed = re.sub(r"-[0-9.]+\.js", f"-{version}.js", line)
            yield _document(f"script {name} {version}", fragments.part(user, loaded=changed))
        yield _document(f"script {name} unused", fragments.part(loaded=line))
        yield _document(f"script {name} twice", fragments.part(user, loaded=line * 2))
        yield _document(f"script {name} missing", fragments.part(user))
        yield _document(f"script {name} in the body", fragments.part(line + user))


def _sizes() -> Iterator[Document]:
    layouts = ["", *(f"layout={one}" for one in fragments.LAYOUTS)]
    for layout in layouts:
        for width in fragments.WIDTHS:
            for height in fragments.HEIGHTS:
                size = " ".join((layout, width, height))
                img = f"<amp-img src='https://a.ru/a' {size}></amp-img>"
                yield _document(f"size {size}", fragments.part(img))
    for name in COMPONENTS:
        for size in fragments.SIZES:
            needed = fragments.NEEDED.get(name, "")
            body = f"<{name} {needed} {size}></{name}>{fragments.USERS}"
            yield _document(f"size {name} {size}", fragments.part(body, scripts=_ALL))


def _addresses() -> Iterator[Document]:
    for address in fragments.ADDRESSES:
        for tag in fragments.WITH_ADDRESS:
            body = tag % address.replace('"', "&quot;")
            yield _document(f"address {body}", fragments.part(body + fragments.USERS, scripts=_ALL))
            inside = f"<template type=amp-mustache>{body}</template>{fragments.USERS}"
            yield _document(f"address {inside}", fragments.part(inside, scripts=_ALL))


# --- Changed documents ---

_TAG = re.compile(r"<([a-z][a-z0-9-]*)((?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(r"""\s([\w⚡\[\]-]+)(?:=("[^"]*"|'[^']*'|[^\s"'>]+))?""")


def _changed(chance: random.Random, document: str) -> str:
    """Return a document with one to three things changed in it."""
    for _ in range(chance.randint(1, 3)):
        tags = list(_TAG.finditer(document))
        if not tags:
            return document
        tag = chance.choice(tags)
        start, end = tag.span()
        attributes = list(_ATTRIBUTE.finditer(tag[0]))
        match chance.randrange(8):
            case 0 if attributes:  # an attribute less
                gone = chance.choice(attributes)
                new = tag[0][: gone.start()] + tag[0][gone.end() :]
            case 1 if attributes:  # another value
                other = chance.choice(attributes)
                value = chance.choice(fragments.ODD_VALUES)
                shown = f' {other[1]}="{value}"'
                new = tag[0][: other.start()] + shown + tag[0][other.end() :]
            case 2:  # one attribute more
                more = chance.choice(fragments.ODD_ATTRIBUTES)
                new = f"{tag[0][:-1]} {more}>"
            case 3:  # another tag
                new = f"<{chance.choice(fragments.ODD_TAGS)}{tag[2]}>"
            case 4:  # something before it
                new = chance.choice(fragments.ODD_PARTS) + tag[0]
            case 5:  # something after it
                new = tag[0] + chance.choice(fragments.ODD_PARTS)
            case 6:  # twice
                new = tag[0] * 2
            case _:  # gone
                new = ""
        document = document[:start] + new + document[end:]
    return document
