"""Attributes of an AMP part: which a tag may have, their values, addresses and actions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from otklik.content.amp import rules
from otklik.content.amp.components import Component
from otklik.content.amp.css import StyleCheck
from otklik.content.amp.reading import Reading
from otklik.content.engine.markup import Attribute, Piece

_ACTION = re.compile(r"\s*([\w-]+)\s*:\s*(.+)", re.DOTALL)
_TARGET = re.compile(r"\s*([\w-]+)(?:\.([\w-]+))?\s*(\(.*\))?\s*", re.DOTALL)
_TAP = re.compile("tap:.*")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_HOST = re.compile(r"//(?:[^/?#@]*@)?(\[[0-9a-fA-F:.]+\]|[^/?#:]*)(?::([^/?#]*))?(?=[/?#]|$)")


def check_attributes(reading: Reading, piece: Piece, component: Component | None) -> None:
    """Check every attribute of a tag against what it may have and be."""
    known = _known(reading, piece, component)
    names: set[str] = set()
    for attribute in piece.attributes:
        if _has_braces(reading, attribute):
            # The parts of a template are read as HTML before its braces are.
            _not_allowed(reading, piece, reading.shown(attribute.name))
            continue
        for name in reading.liquid.sub(" ", attribute.name).split():
            if name not in names:  # of two with one name the first counts
                names.add(name)
                _check(reading, piece, attribute, name, known, component)
    _pairs(reading, piece)


def _has_braces(reading: Reading, attribute: Attribute) -> bool:
    """Tell whether braces of amp-mustache stand in the name of an attribute."""
    words = reading.liquid.finditer(attribute.name)
    return any(reading.raw.covers(attribute.offset + word.start()) for word in words)


def _known(reading: Reading, piece: Piece, component: Component | None) -> frozenset[str]:
    own = component.attributes if component is not None else rules.TAGS[piece.name]
    known = own | rules.GLOBAL
    if component is not None and component.layouts:
        known |= rules.LAYOUT
    if piece.get("option") is not None and _is_choice(reading, piece):
        known |= rules.CHOICE
    parent = reading.parent.name if reading.parent is not None else ""
    match piece.name:
        case "html":
            known |= rules.MARKS | {rules.STRICT}
        case "meta" if piece.get("charset") is not None:
            known = rules.GLOBAL | {"charset"}
        case "div":
            known |= _form_parts(reading, piece)
        case "section" if parent == "amp-accordion":
            known |= {"expanded"}
        case "nav" if parent == "amp-sidebar":
            known |= {"toolbar", "toolbar-target"}
        case "style" if piece.get("amp4email-boilerplate") is not None:
            known = rules.GLOBAL | {"amp4email-boilerplate"}
        case "template":
            known |= {"id"}
        case "script":
            known |= _of_script(reading, piece)
        case _:
            pass
    return known


def _is_choice(reading: Reading, piece: Piece) -> bool:
    """Tell whether an option of amp-selector may stand here: in one, and not in another option."""
    for name in ("disabled", "selected"):
        value = reading.value(piece, name)
        if value not in ("", name) and not reading.personal(value):
            return False
    for one in reversed(reading.open):
        if one.name == "amp-selector":
            return True
        if one.piece.get("option") is not None:
            return False
    return False


def _form_parts(reading: Reading, piece: Piece) -> frozenset[str]:
    if piece.get("fetch-error") is not None and reading.inside("amp-list"):
        return frozenset({"fetch-error"})
    parts = [one.name for one in piece.attributes if one.name in rules.FORM_PARTS]
    if not parts or not reading.inside("form"):
        return frozenset()
    return frozenset({parts[0]} | ({"template"} if parts[0] != "submitting" else set()))


def _of_script(reading: Reading, piece: Piece) -> frozenset[str]:
    if reading.value(piece, "type").lower() in ("application/json", "application/ld+json"):
        return frozenset()
    if piece.get("template") is not None:
        return frozenset({"template"})
    return rules.words("async crossorigin custom-element custom-template src")


def _check(
    reading: Reading,
    piece: Piece,
    attribute: Attribute,
    name: str,
    known: frozenset[str],
    component: Component | None,
) -> None:
    tag, at = piece.name, attribute.offset
    if name.startswith("data-"):
        if name.startswith("data-amp-bind-"):
            reading.wished.setdefault("amp-bind", at)
        return
    if name.startswith("[") and name.endswith("]"):
        reading.wished.setdefault("amp-bind", at)
        bound = rules.BOUND_EVERYWHERE | rules.BOUND.get(tag, frozenset())
        if component is not None and component.layouts:
            bound |= rules.BOUND_LAYOUT
        if tag == "section" and "expanded" in known:
            bound |= {"data-expand"}
        if name[1:-1] not in bound:
            _not_allowed(reading, piece, name)
        return
    if name not in known:
        _not_allowed(reading, piece, name)
        return
    value = reading.seen(attribute)
    if reading.in_template and not _braces_may_stand(reading, piece, name, value):
        return
    if name == "style":
        _inline_style(reading, attribute)
    elif name == "on":
        _on(reading, piece, value, at)
    elif (address := rules.ADDRESSES.get(f"{tag}.{name}")) is not None:
        _address(reading, piece, name, value, address)
    else:
        _value(reading, piece, name, value)
    if name == "id":
        reading.ids.add(value)
        if tag == "template" or (tag == "script" and piece.get("template") is not None):
            reading.templates.add(value)
    elif name == "template" and tag in ("amp-list", "amp-autocomplete"):
        if not reading.personal(value) and not _left_open(reading, value):
            reading.wanted_templates.append((tag, value, piece.start))
    elif name == "autoexpand":
        reading.use("amp-form", piece.start)


def _left_open(reading: Reading, value: str) -> bool:
    """Tell whether a value in a template is the mail service's to fill in."""
    return reading.in_template and _braces(value)


def _braces(value: str) -> bool:
    begins = value.find("{{")
    return begins >= 0 and value.find("}}", begins + 2) >= 0


def _braces_may_stand(reading: Reading, piece: Piece, name: str, value: str) -> bool:
    for mark in ("{{{", "{{&", "{{>"):
        if mark in value.replace(" ", ""):
            reading.add("amp_mustache_value", piece.start, attribute=name, tag=piece.name)
            return False
    return True


def _value(reading: Reading, piece: Piece, name: str, value: str) -> None:
    key = f"{piece.name}.{name}"
    if key in rules.FREE or reading.personal(value):
        return
    rule = rules.VALUES.get(key) or rules.VALUES.get(name)
    if isinstance(rule, rules.Never):
        if re.search(rule.pattern, value, re.IGNORECASE):
            if name in ("id", "class"):
                reading.add("amp_reserved", piece.start, attribute=name, value=value[:60])
            else:
                reading.add_value(piece, name, value, rule.hint)
    elif rule is not None and not _left_open(reading, value):
        # What is written without a value may also have its own name for one.
        fits = re.fullmatch(rule.pattern, value) or (not rule.pattern and value == name)
        if not fits:
            reading.add_value(piece, name, value, rule.hint)


def _pairs(reading: Reading, piece: Piece) -> None:
    """Check attributes that need another."""
    pairs = [
        ("validation-for", "visible-when-invalid"),
        ("visible-when-invalid", "validation-for"),
    ]
    if piece.name == "amp-autocomplete":
        pairs.append(("query", "src"))
    if piece.name == "nav" and piece.get("toolbar") is not None:
        pairs.append(("toolbar", "toolbar-target"))
    for has, needs in pairs:
        if piece.get(has) is not None and piece.get(needs) is None:
            reading.add("amp_attribute_missing", piece.start, tag=piece.name, attribute=needs)


def _not_allowed(reading: Reading, piece: Piece, name: str) -> None:
    reading.add("amp_attribute", piece.start, tag=piece.name, attribute=name)


# --- Addresses ---


def _address(reading: Reading, piece: Piece, name: str, value: str, rule: rules.Address) -> None:
    at, tag = piece.start, piece.name
    if "__amp_source_origin" in value:
        reading.add("amp_source_origin", at)
        return
    if "{{" in value or "}}" in value:
        if not rule.relative and (not rule.whole or rules.NOT_WHOLE.search(value)):
            reading.add("amp_mustache_address", at, attribute=name, tag=tag)
            return
        if _left_open(reading, value):
            return
    value = value.strip()
    if reading.liquid.match(value):
        return  # begins with a personal value: nobody can tell before
    scheme = _SCHEME.match(value)
    if scheme is None:
        fits = rule.relative
    else:
        fits = scheme[1].lower() in rule.schemes and _has_host(reading, value, scheme)
    if fits:
        return
    shown = reading.shown(value)[:80]
    if tag == "a" or rule.relative:
        reading.add("amp_link", at, url=shown)
    else:
        reading.add("amp_https", at, attribute=name, tag=tag)


def _has_host(reading: Reading, value: str, scheme: re.Match[str]) -> bool:
    """Tell whether the address of a website names a host that can be one."""
    rest = value[scheme.end() :].replace("\\", "/")
    if scheme[1].lower() not in ("http", "https") or not rest.startswith("//"):
        return True
    found = _HOST.match(rest)
    if found is None:
        return False
    host, port = found[1], found[2] or ""
    if reading.personal(host) or reading.personal(port):
        return True
    if not host or host.startswith(".") or ".." in host or not re.fullmatch("[0-9]*", port):
        return False
    return host.startswith("[") or not re.search(r"[\s<>\"^`{|}\\]", host)


# --- Styles and actions ---


def _inline_style(reading: Reading, attribute: Attribute) -> None:
    value = attribute.value or ""
    if reading.raw.covers(attribute.start) or reading.in_template:
        value = reading.seen(attribute)
    size = len(value.encode())
    reading.style_bytes += size
    if size > rules.INLINE_STYLE_MAX:
        reading.add("amp_inline_style_too_large", attribute.offset)
    line_at = reading.line_from(attribute.start)
    plain = html.unescape(value)
    reading.found += StyleCheck(plain, line_at, reading.liquid, strict=reading.strict).inline()


def _on(reading: Reading, piece: Piece, value: str, at: int) -> None:
    if "AMP.setState" in value:
        reading.wished.setdefault("amp-bind", at)
    if reading.personal(value):
        return
    has_role = piece.get("role") is not None and piece.get("tabindex") is not None
    if _TAP.fullmatch(value) and piece.name not in rules.ROLES_OWN and not has_role:
        reading.add("amp_tap_role", piece.start, tag=piece.name)
    if _left_open(reading, value):
        return
    for clause in _split(value, ";"):
        if not clause.strip():
            continue
        event = _ACTION.fullmatch(clause)
        if event is None:
            reading.add("amp_on", at)
            return
        for action in _split(event[2], ","):
            target = _TARGET.fullmatch(action)
            if target is None:
                reading.add("amp_on", at)
            elif target[1] != "AMP":
                reading.targets.append((target[1], reading.lines.of(at)))
            elif target[2] not in rules.AMP_ACTIONS:
                reading.add("amp_action", at, action=target[2] or "")


def _split(text: str, mark: str) -> Iterator[str]:
    """Split at a mark outside of brackets and quotes."""
    depth, quote, start = 0, "", 0
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == mark and depth <= 0:
            yield text[start:place]
            start = place + 1
    yield text[start:]
