"""Checks styles against what AMP for Email allows.

With `data-css-strict` on <html> properties, their values and selectors are those of the tables;
without, they are free, and at-rules, addresses and the grammar alone are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from otklik.content.amp import style_rules as rules
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem

LineAt = Callable[[int], int]
"""From an offset in the style to the author's line."""

_COMMENT_OR_STRING = re.compile(
    r"""(/\*.*?(?:\*/|\Z))"""
    # A string without an end goes to the end of its line, so that all is read in one pass.
    r"""|("(?:[^"\\\n]|\\(?:.|\Z))*(?:"|(?=\n)|\Z)|'(?:[^'\\\n]|\\(?:.|\Z))*(?:'|(?=\n)|\Z))""",
    re.DOTALL,
)
_STOP = re.compile(r"[{};]")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_URL = re.compile(r"""url\(\s*["']?([^"')]*)""", re.IGNORECASE)
_RESERVED = re.compile(r"(?:^|\W)i-amphtml-", re.IGNORECASE)
_IMPORTANT = re.compile(r"!\s*important", re.IGNORECASE)
_VALUES = {name: re.compile(text, re.IGNORECASE) for name, text in rules.VALUES.items()}
_NAME = r"(?:--|-?(?:[a-zA-Z_\u0080-\U0010ffff]|\\.))(?:[\w\-\u0080-\U0010ffff]|\\.)*"  # of CSS
_STRING = r"""(?:"[^"]*"|'[^']*')"""
# One simple selector; what stands in the brackets of a pseudo-class is free.
_SIMPLE = re.compile(
    rf"(?P<type>(?:(?:{_NAME}|\*)?\|(?!=))?(?:{_NAME}|\*))"
    rf"|\#[\w-]+|\.{_NAME}"
    rf"|\[\s*(?:(?:{_NAME}|\*)?\|)?(?P<attribute>{_NAME})\s*"
    rf"(?:[~|^$*]?=\s*(?:{_NAME}|{_STRING})\s*)?\]"
    rf"|(?P<pseudo>::?{_NAME})(?:\((?:[^()]|\([^()]*\))*\))?"
)
_COMBINATOR = re.compile(r"\s*([>+~,])\s*|\s+")
_FEATURE_TEXT = rf"\(\s*({_NAME})\s*(?::[^()<>=]*(?:\([^()]*\)[^()<>=]*)?)?\)"
_FEATURE = re.compile(_FEATURE_TEXT)
_FEATURES = rf"{_FEATURE_TEXT}(?:\s*and\s+{_FEATURE_TEXT})*"
_QUERY = re.compile(
    rf"(?:(?:only|not)\s+)?(?P<kind>{_NAME})(?:\s+and\s+{_FEATURES})?|{_FEATURES}", re.IGNORECASE
)
_WORD = re.compile(_NAME)


class StyleCheck:
    """Reads one style; `liquid` knows the words that stand for Liquid, which may be anything."""

    def __init__(
        self, text: str, line_at: LineAt, liquid: re.Pattern[str], *, strict: bool
    ) -> None:
        self._source, self._strict = text, strict
        self._text = _COMMENT_OR_STRING.sub(_without_comment, text)
        # The words in quotes are nobody's grammar; their places stay.
        self._bare = _COMMENT_OR_STRING.sub(_without_string, self._text)
        self._line_at = line_at
        self._liquid = liquid
        self._found: list[LetterProblem] = []

    def sheet(self) -> list[LetterProblem]:
        """Check the rules of a style sheet."""
        if "<!--" in self._source:
            self._add("amp_css_comment", self._source.index("<!--"))
        for found in _RESERVED.finditer(self._source):
            self._add("amp_css_reserved", found.start())
        self._comments()
        self._addresses()
        end = self._rules(0, inside=False)
        if end < len(self._bare):
            self._syntax(end, "there is a } too many", "лишняя скобка }")
        return self._found

    def inline(self) -> list[LetterProblem]:
        """Check the declarations of a style attribute."""
        self._comments()
        self._addresses()
        self._declarations(0, len(self._bare))
        return self._found

    def _comments(self) -> None:
        for found in _COMMENT_OR_STRING.finditer(self._source):
            if found[1] and not (found[1].endswith("*/") and len(found[1]) > 3):
                self._syntax(found.start(), "a comment has no end", "у комментария нет конца")
            elif found[2] and not _ended(found[2]) and found.end() < len(self._source):
                self._syntax(found.start(), "a string has no end", "у строки нет конца")

    def _rules(self, position: int, *, inside: bool) -> int:
        """Check rules from `position` on; returns where the reading ended."""
        while True:
            stop = _STOP.search(self._bare, position)
            if stop is None:
                rest = self._liquid.sub("", self._bare[position:]).replace("-->", "").strip()
                if inside and not rest:
                    self._add("amp_css_unclosed", position)
                elif rest and not rest.startswith("@"):
                    self._syntax(position, "a rule has no { }", "у правила нет { }")
                elif rest:
                    self._at_rule(rest, position, None)
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

    def _at_rule(self, head: str, at: int, stop: re.Match[str] | None) -> int:
        """Check an at-rule; `stop`: what ended its head, None for the end of the style."""
        name = re.match(r"@([\w-]*)", head)
        rule = name.group(1) if name else ""
        if rule != "media" and not (rule == "page" and not self._strict):
            self._add("amp_css_rule", at, rule=rule)
        elif rule == "media":
            self._media(head[len("@media") :], at)
        if stop is None:
            return len(self._bare)
        if stop.group() == ";":
            return stop.end()
        if rule == "media":
            return self._rules(stop.end(), inside=True)
        return self._block_end(stop.end()) + 1

    def _media(self, query: str, at: int) -> None:
        """Check a list of media queries: [only | not] type and (feature: value), …"""
        if not query.strip():
            return
        for part in query.split(","):
            if self._liquid.search(part):
                continue
            if not self._media_query(part.strip(), at):
                detail = "@media is not written as it should be"
                self._syntax(at, detail, "@media написан не по правилам")
                return

    def _media_query(self, text: str, at: int) -> bool:
        """Check one media query; False when it can't be read."""
        found = _QUERY.fullmatch(text)
        if found is None:
            return False
        kind = found["kind"]
        if kind is not None and kind.lower() not in rules.MEDIA_TYPES:
            self._add("amp_css_media", at, feature=kind)
        for feature in _FEATURE.finditer(text):
            if feature[1].lower() not in rules.MEDIA_FEATURES:
                self._add("amp_css_media", at, feature=feature[1])
        return True

    def _block_end(self, position: int) -> int:
        """Return where the block that was opened before `position` ends."""
        depth = 1
        for found in _STOP.finditer(self._bare, position):
            depth += {"{": 1, "}": -1}.get(found.group(), 0)
            if depth == 0:
                return found.start()
        self._add("amp_css_unclosed", position)
        return len(self._bare)

    def _selectors(self, head: str, at: int) -> None:
        if self._liquid.search(head):
            return
        if any(head.count(one) > head.count(other) for one, other in ("()", "[]")):
            self._syntax(at, "a bracket has no end", "у скобки нет пары")
            return
        if not self._strict:
            return
        position, expected = 0, True  # `expected`: a selector must come now
        while position < len(head):
            found = _SIMPLE.match(head, position)
            if found is not None and (expected or not found["type"]):
                self._simple(found, at)
                position, expected = found.end(), False
                continue
            joined = _COMBINATOR.match(head, position)
            if joined is None or expected:
                break
            # A space parts two selectors; of a sign around which spaces stand the sign counts.
            position, expected = joined.end(), True
        if position < len(head) or expected:
            self._add("amp_css_selector", at, selector=head[:60])

    def _simple(self, found: re.Match[str], at: int) -> None:
        pseudo, attribute = found["pseudo"], found["attribute"]
        if pseudo is not None:
            if pseudo.startswith("::") or pseudo[1:] not in rules.PSEUDO_CLASSES:
                self._add("amp_css_selector", at + found.start(), selector=pseudo)
        elif attribute is not None and attribute not in rules.SELECTOR_ATTRIBUTES:
            self._add("amp_css_selector", at + found.start(), selector=f"[{attribute}]")

    def _declarations(self, start: int, end: int) -> None:
        for at, text in _parts(self._bare, start, end):
            if self._liquid.fullmatch(text.strip()):
                continue
            name, colon, _ = text.partition(":")
            shown = self._liquid.sub("", name).strip()
            personal = shown != name.strip()
            if not colon or "{" in name or not (personal or _WORD.fullmatch(shown)):
                self._syntax(at, "a declaration is not “name: value”", "нужно «имя: значение»")
            elif shown:
                value = self._text[at + len(name) + 1 : at + len(text)].strip()
                self._declaration(shown.lower(), value, at)

    def _declaration(self, name: str, value: str, at: int) -> None:
        if _IMPORTANT.search(value):
            self._add("amp_css_important", at)
            value = _IMPORTANT.sub("", value).strip()
        stays = value.lower() in rules.STAYING or self._liquid.search(value)
        if name == "position" and not stays:
            self._add("amp_css_position", at, value=value[:60])
        if not self._strict:
            return
        if name not in rules.PROPERTIES:
            self._add("amp_css_property", at, property=name[:60])
        elif name in _VALUES and not self._fits(name, value):
            hint = rules.VALUE_HINTS[name]
            self._add("amp_css_value", at, property=name, value=value[:60], allowed=hint)

    def _fits(self, name: str, value: str) -> bool:
        if self._liquid.search(value) or _URL.search(value):
            return True
        return _VALUES[name].fullmatch(value) is not None

    def _addresses(self) -> None:
        for found in _URL.finditer(self._text):
            address = found[1].strip()
            scheme = _SCHEME.match(address)
            if self._liquid.match(address):
                continue
            if not address or (scheme is not None and scheme[1].lower() != "https"):
                self._add("amp_css_url", found.start())
            elif scheme is None:
                self._add("amp_css_relative", found.start(), url=address[:80])

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
    return text[0] + "s" * (len(text) - 2) + text[-1] if _ended(text) else "s" * len(text)


def _ended(text: str) -> bool:
    return len(text) > 1 and text[-1] == text[0]
