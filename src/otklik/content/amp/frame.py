"""The frame of an AMP part: doctype, html, meta, scripts, styles, and what must not be missing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from otklik.content.amp import rules
from otklik.content.amp.components import SCRIPTS, script_of
from otklik.content.amp.css import StyleCheck
from otklik.content.amp.reading import Reading
from otklik.content.engine.markup import Piece
from otklik.content.engine.problems import problem

_DOCTYPE = re.compile(r"<!doctype\s+html\s*>", re.IGNORECASE)
_BOILERPLATE = re.compile(r"\s*body\s*\{\s*visibility:\s*hidden;?\s*\}\s*")
_EXTENSION = re.compile(re.escape(rules.CDN) + r"/([a-z-]+)-([0-9.]+|latest)\.js")
_JAVASCRIPT = ("", "text/javascript")


def begin(reading: Reading, pieces: Sequence[Piece]) -> None:
    """Check what the document begins with, and whether head and body are written."""
    for piece in pieces:
        text = reading.liquid.sub("", reading.text[piece.start : piece.end]).strip()
        if piece.kind == "comment" or not text:
            continue
        if not _DOCTYPE.fullmatch(text):
            reading.add("amp_doctype", piece.start)
        break
    opened = [piece.name for piece in pieces if piece.kind == "open"]
    if "html" not in opened:
        reading.add("amp_html_mark", 0)
    first = next((piece for piece in pieces if piece.kind == "open" and piece.name == "html"), None)
    reading.strict = first is not None and first.get(rules.STRICT) is not None
    if "body" not in opened:
        reading.add("amp_missing", 0, what="<body>")


def end(reading: Reading) -> None:
    """Check what the whole document must have."""
    wanted = {
        "charset": '<meta charset="utf-8">',
        "runtime": f'<script async src="{rules.RUNTIME}"></script>',
        "boilerplate": "<style amp4email-boilerplate>body{visibility:hidden}</style>",
    }
    for name, what in wanted.items():
        if name not in reading.once:
            reading.add("amp_missing", 0, what=what)
    for name, offset in reading.used.items():
        if name not in reading.loaded:
            reading.add("amp_script_missing", offset, name=name, expected=script_of(name))
    for name, offset in reading.wished.items():
        if name not in reading.loaded and name not in reading.used:
            reading.add("amp_script_wanted", offset, name=name, expected=script_of(name))
    for name, line in reading.loaded.items():
        known = SCRIPTS.get(name)
        if known is not None and known.must_be_used and name not in reading.used:
            reading.found.append(problem("amp_script_unused", "amp", line, name=name))
    for target, line in reading.targets:
        if target not in reading.ids and "amp" not in target.lower():
            reading.found.append(problem("amp_target", "amp", line, target=target))
    for _, template, offset in reading.wanted_templates:
        if template not in reading.templates:
            reading.add("amp_template", offset, template=template)
    if reading.style_bytes > rules.STYLE_MAX:
        reading.add("amp_style_too_large", 0, size=reading.style_bytes)


def check_html(reading: Reading, piece: Piece) -> None:
    if "html" in reading.once:
        return  # its attributes go to the first
    reading.once.add("html")
    names = {attribute.name for attribute in piece.attributes}
    if not names & rules.MARKS:
        reading.add("amp_html_mark", piece.start)
    if rules.STRICT not in names:
        reading.add("amp_not_strict", piece.start)


def check_meta(reading: Reading, piece: Piece) -> None:
    if piece.get("charset") is not None:
        value = reading.value(piece, "charset")
        if value.lower() != "utf-8" and not reading.personal(value):
            reading.add_value(piece, "charset", value, "utf-8")
        if not reading.in_head:
            reading.add("amp_head_only", piece.start, tag="meta charset")
        reading.single("charset", piece, '<meta charset="utf-8">')
        if not reading.first_in_head:
            reading.add("amp_charset", piece.start)
    reading.first_in_head = False


# --- Scripts ---


def check_script(reading: Reading, piece: Piece, after: Piece | None) -> None:
    body = _body(reading, piece, after)[0]
    kind = reading.value(piece, "type").lower()
    if kind in ("application/json", "application/ld+json") and piece.get("src") is None:
        _data(reading, piece, kind, body)
    elif piece.get("template") is not None:
        reading.use("amp-mustache", piece.start)
        if kind != "text/plain" or reading.value(piece, "template") != "amp-mustache":
            reading.add("amp_script", piece.start, expected=_TEMPLATE)
    else:
        _program(reading, piece, kind, body)


_TEMPLATE = '<script type="text/plain" template="amp-mustache">…</script>'
_STATE = '<amp-state id="…"><script type="application/json">…</script></amp-state>'


def _data(reading: Reading, piece: Piece, kind: str, body: str) -> None:
    if "<!--" in body:
        reading.add("amp_css_comment", piece.start)
    if kind == "application/ld+json":
        return
    if reading.parent is None or reading.parent.name != "amp-state":
        reading.add("amp_script", piece.start, expected=_STATE)
        return
    reading.use("amp-bind", piece.start)
    if len(body.encode()) > rules.STATE_MAX:
        reading.add("amp_state_too_large", piece.start, size=len(body.encode()))
    if not reading.liquid.search(body):
        try:
            json.loads(body)
        except (ValueError, RecursionError) as error:
            reading.add("amp_json", piece.start, detail=str(error)[:120])


def _program(reading: Reading, piece: Piece, kind: str, body: str) -> None:
    if not reading.in_head:
        reading.add("amp_head_only", piece.start, tag="script")
    source = reading.value(piece, "src")
    element, template = piece.get("custom-element"), piece.get("custom-template")
    given = element or template
    if given is None:
        expected = f'<script async src="{rules.RUNTIME}"></script>'
        fits = source == rules.RUNTIME and not body
        if source == rules.RUNTIME:
            reading.single("runtime", piece, expected)
    else:
        name = given.value or ""
        known = SCRIPTS.get(name)
        expected = script_of(name) if known is not None else rules.CDN + "/…"
        address = _EXTENSION.fullmatch(source)
        versions = known.versions if known is not None else ()
        right = address is not None and address[1] == name and address[2] in versions
        if piece.get("src") is None:
            reading.add("amp_script_no_src", piece.start, expected=expected)
        fits = (
            known is not None
            and (right or piece.get("src") is None)
            and (template is not None) == (name == "amp-mustache")
            and not body.strip()
        )
        if known is not None:
            if name in reading.loaded and not known.twice:
                reading.add("amp_twice", piece.start, what=name)
            reading.loaded[name] = reading.lines.of(piece.start)
    is_async = piece.get("async") is not None and reading.value(piece, "async") == ""
    crossed = reading.value(piece, "crossorigin") in ("", "anonymous")
    if not fits or not is_async or kind not in _JAVASCRIPT or not crossed:
        reading.add("amp_script", piece.start, expected=expected)


# --- Styles ---


def check_style(reading: Reading, piece: Piece, after: Piece | None) -> None:
    body, begins = _body(reading, piece, after)
    if not reading.in_head:
        reading.add("amp_head_only", piece.start, tag="style")
    boilerplate = piece.get("amp4email-boilerplate")
    if boilerplate is not None and not reading.seen(boilerplate):
        reading.single("boilerplate", piece, "<style amp4email-boilerplate>")
        if not _BOILERPLATE.fullmatch(body):
            reading.add("amp_boilerplate", piece.start)
    elif piece.get("amp-custom") is None:
        reading.add("amp_attribute_missing", piece.start, tag="style", attribute="amp-custom")
    else:
        reading.single("style", piece, "<style amp-custom>")
        reading.style_bytes += len(body.encode())
        line_at = reading.line_from(begins)
        reading.found += StyleCheck(body, line_at, reading.liquid, strict=reading.strict).sheet()


def _body(reading: Reading, piece: Piece, after: Piece | None) -> tuple[str, int]:
    """Return what stands inside of <script> or <style>, and where it begins."""
    if after is None or after.kind != "raw":
        return "", piece.end
    return reading.text[after.start : after.end], after.start
