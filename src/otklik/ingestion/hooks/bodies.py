"""Reading the body of a call: JSON, forms, multipart, in any usual encoding, into one tree.

A tree is plain JSON data. Forms nest by brackets (`payment[products][0][name]`, the form of PHP's
http_build_query) or by dots; a name that comes twice becomes a list; a value that is itself JSON
is read too. Whatever a form says, reading never fails for its names: a name that contradicts
another stays as it is written.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from otklik.ingestion.hooks.errors import Unreadable
from otklik.ingestion.hooks.model import DEPTH_MAX, FIELDS_MAX, KEY_CHARS_MAX, TEXT_CHARS_MAX

_BRACKETS = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)\Z")
_PART = re.compile(r"\[([^\[\]]*)\]")
_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)+\Z")
_CHARSET = re.compile(r'charset\s*=\s*"?([A-Za-z0-9_:.-]{1,40})', re.I)
# Python's names of the encodings that are read. Others must not be reachable by a word in a
# stranger's header: of a megabyte, punycode takes minutes.
_CHARSETS = frozenset(
    ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "koi8-r", "koi8-u", "cp866"]
    + ["mac-cyrillic"]
    + [f"cp125{n}" for n in range(9)]
    + [f"iso8859-{n}" for n in (1, 2, 3, 4, 5, 7, 9, 13, 15)]
)
_PART_BYTES_MAX = 1024 * 1024
_SAFE_INT = 2**63

_decode = msgspec.json.Decoder().decode
_DECODE_ERRORS = (msgspec.MsgspecError, ValueError, RecursionError)


def read_body(content_type: str, body: bytes) -> dict[str, Any]:
    """Return the tree of a body. What is no object stands under `items` (a list) or `value`.

    The declared type is tried first, then what the body looks like: many services declare none, or
    a wrong one.
    Raises: Unreadable, when nothing fits or a limit is passed.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not body.strip():
        return {}
    if kind == "multipart/form-data":
        return _limited(_tree(_multipart(content_type, body)))
    text = decoded(body, content_type)
    looks_json = text.lstrip().startswith(("{", "["))
    if kind == "application/x-www-form-urlencoded" and not looks_json:
        return _limited(_tree(_pairs(body, content_type)))
    if looks_json or kind.endswith(("/json", "+json")):
        value = _json(text)
        if isinstance(value, dict):
            return _limited(value)
        return _limited({"items": value} if isinstance(value, list) else {"value": value})
    if re.match(r"[^\s=&]+=", text):
        return _limited(_tree(_pairs(body, content_type)))
    if kind.startswith("text/") or not kind:
        return _limited({"value": text.strip()})
    raise Unreadable(
        what=f"The content type {kind[:80]} is not known, and the body is neither JSON nor a form.",
        what_ru=f"Тип {kind[:80]} неизвестен, и тело вызова — ни JSON, ни форма.",
    )


def read_query(query: str) -> dict[str, Any]:
    """Return the tree of the part of an address behind the question mark."""
    return _limited(_tree(_pairs(query.encode("latin-1", "replace"), "")))


def decoded(body: bytes, content_type: str) -> str:
    """Return the text of a body: by its mark, its declared charset, UTF-8, or else windows-1251.

    Text that is no UTF-8 comes from old Russian systems, whose encoding is windows-1251; it reads
    any byte, so nothing is lost.
    """
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    body = body.removeprefix(b"\xef\xbb\xbf")
    declared = _CHARSET.search(content_type)
    for name in ([declared.group(1)] if declared else []) + ["utf-8"]:
        try:
            if codecs.lookup(name).name in _CHARSETS:
                return body.decode(name)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return body.decode("cp1251", "replace")


def _json(text: str) -> Any:
    try:
        return _decode(text.encode("utf-8", "replace"))
    except RecursionError as error:
        raise _too_deep() from error
    except _DECODE_ERRORS as error:
        why = str(error)[:200].rstrip(".")
        raise Unreadable(
            what=f"It is not valid JSON: {why}.", what_ru=f"Это неправильный JSON: {why}."
        ) from error


def _pairs(body: bytes, content_type: str) -> list[tuple[str, Any]]:
    raw = body.removeprefix(b"\xef\xbb\xbf").strip()
    parts = [part for part in raw.split(b"&") if part]
    if len(parts) > FIELDS_MAX:
        raise _too_many()
    found = []
    for part in parts:
        name, _, value = part.replace(b"+", b" ").partition(b"=")
        found.append(
            (
                decoded(unquote_to_bytes(name), content_type),
                decoded(unquote_to_bytes(value), content_type),
            )
        )
    return found


def _multipart(content_type: str, body: bytes) -> list[tuple[str, Any]]:
    from multipart import (  # type: ignore[import-untyped]  # it comes without types
        MultipartError,
        PushMultipartParser,
        parse_options_header,
    )

    _, options = parse_options_header(content_type)
    found: list[tuple[str, Any]] = []
    try:
        parser = PushMultipartParser(
            options.get("boundary", ""), max_segment_count=FIELDS_MAX, max_header_size=4_096
        )
        segment: Any = None
        data = bytearray()
        for event in parser.parse(body):
            if event is None:
                found.append(_part(segment, bytes(data)))
            elif isinstance(event, bytes | bytearray):
                data += event
            else:
                segment, data = event, bytearray()
        parser.close()
    except (MultipartError, ValueError, TypeError, AssertionError) as error:
        raise Unreadable(
            what="The multipart form is damaged.", what_ru="Форма multipart повреждена."
        ) from error
    return found


def _part(segment: Any, data: bytes) -> tuple[str, Any]:
    name = str(segment.name)
    if segment.filename is not None:
        # What a visitor attached is no fact about him: its name and size are enough.
        kind = segment.content_type or ""
        return name, {"file": str(segment.filename)[:200], "type": kind[:100], "size": len(data)}
    return name, decoded(data, segment.content_type or "")


def _tree(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for name, raw in pairs:
        value = _inner(raw) if isinstance(raw, str) else raw
        keys = _keys(name)
        if len(keys) > DEPTH_MAX:
            raise _too_deep()
        if not _put(root, keys, value):
            _append(root, name, value)
    return {key: _lists(value) for key, value in root.items()}


def _keys(name: str) -> list[str]:
    found = _BRACKETS.match(name)
    if found:
        return [found.group(1), *_PART.findall(found.group(2))]
    if _DOTTED.match(name):
        return name.split(".")
    return [name]


class _Numbered(dict[str, Any]):
    """What stood in brackets: becomes a list when its names are the numbers of places."""


def _put(root: dict[str, Any], keys: list[str], value: Any) -> bool:
    """Put a value where its name points; False when another name has made a value of that place."""
    node = root
    for key in keys[:-1]:
        child = node.setdefault(key or str(len(node)), _Numbered())
        if not isinstance(child, _Numbered):
            return False
        node = child
    last = keys[-1] or str(len(node))
    if isinstance(node.get(last), _Numbered):
        return False
    _append(node, last, value)
    return True


class _Repeated(list[Any]):
    """Values of one name that came several times."""


def _append(node: dict[str, Any], key: str, value: Any) -> None:
    if key not in node:
        node[key] = value
    elif isinstance(node[key], _Repeated):
        node[key].append(value)
    else:
        node[key] = _Repeated([node[key], value])


def _lists(value: Any) -> Any:
    if isinstance(value, _Numbered):
        children = {key: _lists(child) for key, child in value.items()}
        if children and all(key.isascii() and key.isdigit() and len(key) < 7 for key in children):
            return [children[key] for key in sorted(children, key=int)]
        return children
    if isinstance(value, _Repeated):
        return [_lists(child) for child in value]
    return value


def _inner(text: str) -> Any:
    """Return the data in a field that holds JSON; any other text as it is."""
    stripped = text.strip()
    if not stripped.startswith(("{", "[")) or not stripped.endswith(("}", "]")):
        return text
    try:
        value = _decode(stripped.encode("utf-8", "replace"))
    except _DECODE_ERRORS:
        return text
    return value if isinstance(value, dict | list) else text


def _limited(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a tree that every store can hold. Raises: Unreadable over a limit."""
    count = 0

    def walk(value: Any, level: int) -> Any:
        nonlocal count
        if isinstance(value, dict | list):
            if level >= DEPTH_MAX:
                raise _too_deep()
            count += len(value)
            if count > FIELDS_MAX:
                raise _too_many()
            if isinstance(value, list):
                return [walk(child, level + 1) for child in value]
            return {
                _plain(key, KEY_CHARS_MAX): walk(child, level + 1) for key, child in value.items()
            }
        if isinstance(value, str):
            return _plain(value, TEXT_CHARS_MAX)
        if isinstance(value, int) and not -_SAFE_INT <= value < _SAFE_INT:
            return str(value)[:TEXT_CHARS_MAX]
        return value

    done: dict[str, Any] = walk(tree, 0)
    return done


def _plain(text: str, limit: int) -> str:
    text = text[:limit]
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    # Half of a surrogate pair is no character and can't be written as UTF-8.
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def _too_deep() -> Unreadable:
    return Unreadable(
        what=f"It is nested deeper than {DEPTH_MAX} levels.",
        what_ru=f"Вложенность больше {DEPTH_MAX} уровней.",
    )


def _too_many() -> Unreadable:
    return Unreadable(
        what=f"It has more than {FIELDS_MAX} fields.", what_ru=f"В нём больше {FIELDS_MAX} полей."
    )


def at(tree: Any, path: Iterable[str]) -> Any:
    """Return the value at a path, or None where there is none."""
    for key in path:
        if isinstance(tree, dict):
            tree = tree.get(key)
        elif isinstance(tree, list):
            if not (key.isascii() and key.isdigit() and len(key) < 7 and int(key) < len(tree)):
                return None
            tree = tree[int(key)]
        else:
            return None
    return tree
