"""Checks styles against what AMP for Email allows (its “data-css-strict” rules)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from otklik.content.amp.rules import (
    MEDIA_FEATURES,
    MEDIA_TYPES,
    PROPERTIES,
    PSEUDO_CLASSES,
    SELECTOR_ATTRIBUTES,
    VALUE_HINTS,
    VALUES,
)
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem

LineAt = Callable[[int], int]
"""From an offset in the style to the author's line."""

_COMMENT_OR_STRING = re.compile(
    r"""(/\*.*?(?:\*/|\Z))|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""", re.DOTALL
)
_STOP = re.compile(r"[{};]")
_URL = re.compile(r"""url\(\s*["']?([^"')]*)""", re.IGNORECASE)
_RESERVED = re.compile(r"(?:^|[^\w-])(?:i-amphtml-|-amp-)", re.IGNORECASE)
_PSEUDO = re.compile(r"(::?)([a-zA-Z-]+)")
_ATTRIBUTE = re.compile(r"\[\s*([^\]\s~|^$*=]+)")
_FEATURE = re.compile(r"\(\s*([a-zA-Z-]+)")
_MEDIA_WORD = re.compile(r"[a-zA-Z][a-zA-Z-]*")
_VALUES = {name: re.compile(text, re.IGNORECASE | re.DOTALL) for name, text in VALUES.items()}


class StyleCheck:
    """Reads one style; `liquid` knows the words that stand for Liquid, which may be anything."""

    def __init__(self, text: str, line_at: LineAt, liquid: re.Pattern[str]) -> None:
        self._text = _COMMENT_OR_STRING.sub(_without_comment, text)
        # The words in quotes are nobody's grammar; their places stay.
        self._bare = _COMMENT_OR_STRING.sub(_without_string, self._text)
        self._line_at = line_at
        self._liquid = liquid
        self._found: list[LetterProblem] = []

    def sheet(self) -> list[LetterProblem]:
        """Check the rules of a style sheet."""
        if "<!--" in self._text:
            self._add("amp_css_comment", self._text.index("<!--"))
        self._addresses()
        end = self._rules(0, inside=False)
        if end < len(self._bare):
            self._syntax(end, "there is a } too many", "лишняя скобка }")
        return self._found

    def inline(self) -> list[LetterProblem]:
        """Check the declarations of a style attribute."""
        self._addresses()
        self._declarations(0, len(self._bare))
        return self._found

    def _rules(self, position: int, *, inside: bool) -> int:
        """Check rules from `position` on; returns where the reading ended."""
        while True:
            stop = _STOP.search(self._bare, position)
            if stop is None:
                if self._liquid.sub("", self._bare[position:]).strip():
                    self._syntax(position, "a rule has no { }", "у правила нет { }")
                elif inside:
                    self._syntax(position, "a } is missing", "не хватает скобки }")
                return len(self._bare)
            head = self._bare[position : stop.start()]
            at = position + len(head) - len(head.lstrip())
            head = head.strip()
            if stop.group() == "}":
                return stop.end() if inside else stop.start()
            if head.startswith("@"):
                position = self._at_rule(head, at, stop)
            elif stop.group() == ";":
                self._syntax(at, "a rule has no { }", "у правила нет { }")
                position = stop.end()
            else:
                self._selectors(head, at)
                end = self._block_end(stop.end())
                self._declarations(stop.end(), end)
                position = end + 1

    def _at_rule(self, head: str, at: int, stop: re.Match[str]) -> int:
        name = re.match(r"@([\w-]*)", head)
        rule = name.group(1).lower() if name else ""
        if rule != "media":
            self._add("amp_css_rule", at, rule=rule)
            return stop.end() if stop.group() == ";" else self._block_end(stop.end()) + 1
        if stop.group() == ";":
            self._syntax(at, "@media has no { }", "у @media нет { }")
            return stop.end()
        query = head[len("@media") :]
        for feature in _FEATURE.findall(query):
            if feature.lower() not in MEDIA_FEATURES and not self._liquid.search(feature):
                self._add("amp_css_media", at, feature=feature)
        for word in _MEDIA_WORD.findall(re.sub(r"\([^)]*\)?", " ", query)):
            known = MEDIA_TYPES | {"and", "only", "not"}
            if word.lower() not in known and not self._liquid.search(word):
                self._add("amp_css_media", at, feature=word)
        return self._rules(stop.end(), inside=True)

    def _block_end(self, position: int) -> int:
        """Return where the block that was opened before `position` ends."""
        depth = 1
        for found in _STOP.finditer(self._bare, position):
            depth += {"{": 1, "}": -1}.get(found.group(), 0)
            if depth == 0:
                return found.start()
        self._syntax(position, "a } is missing", "не хватает скобки }")
        return len(self._bare)

    def _selectors(self, head: str, at: int) -> None:
        if not head:
            self._syntax(at, "a rule has no selector", "у правила нет селектора")
        if _RESERVED.search(head):
            self._add("amp_css_reserved", at)
        for found in _PSEUDO.finditer(head):
            if found[1] == "::" or found[2].lower() not in PSEUDO_CLASSES:
                self._add("amp_css_selector", at + found.start(), selector=found.group())
        for found in _ATTRIBUTE.finditer(head):
            if found[1].lower() not in SELECTOR_ATTRIBUTES:
                self._add("amp_css_selector", at + found.start(), selector=f"[{found[1]}]")

    def _declarations(self, start: int, end: int) -> None:
        for at, text in _parts(self._bare, start, end):
            if self._liquid.fullmatch(text.strip()):
                continue
            name, colon, _ = text.partition(":")
            shown = self._liquid.sub("", name).strip()
            if not colon or "{" in text:
                self._syntax(at, "a declaration is not “name: value”", "нужно «имя: значение»")
                continue
            if self._liquid.search(name) and not shown:
                continue
            value = self._text[at + len(name) + 1 : at + len(text)].strip()
            self._declaration(shown.lower(), value, at)

    def _declaration(self, name: str, value: str, at: int) -> None:
        if re.search(r"!\s*important", value, re.IGNORECASE):
            self._add("amp_css_important", at)
            value = re.sub(r"!\s*important", "", value, flags=re.IGNORECASE).strip()
        if name not in PROPERTIES:
            self._add("amp_css_property", at, property=name[:60])
        elif name in _VALUES and not (self._liquid.search(value) or _VALUES[name].fullmatch(value)):
            hint = VALUE_HINTS[name]
            self._add("amp_css_value", at, property=name, value=value[:60], allowed=hint)

    def _addresses(self) -> None:
        for found in _URL.finditer(self._text):
            address = found[1].strip()
            if not address.lower().startswith("https://") and not self._liquid.match(address):
                self._add("amp_css_url", found.start())

    def _syntax(self, offset: int, detail: str, detail_ru: str) -> None:
        self._add("amp_css_syntax", offset, detail=detail, detail_ru=detail_ru)

    def _add(self, code: str, offset: int, **facts: object) -> None:
        self._found.append(problem(code, "amp", self._line_at(offset), **facts))


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Yield (offset, text) of the declarations between `start` and `end`, without empty ones."""
    position = start
    while position <= end:
        stop = text.find(";", position, end)
        stop = end if stop < 0 else stop
        piece = text[position:stop]
        if piece.strip():
            yield position + len(piece) - len(piece.lstrip()), piece.lstrip()
        position = stop + 1


def _without_comment(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found.group()) if found[1] else found.group()


def _without_string(found: re.Match[str]) -> str:
    text = found.group()
    return text[0] + "s" * (len(text) - 2) + text[-1]
