"""Checks an AMP part against the published rules of AMP for Email, with lines of the author's text.

What it says is what the official validator would refuse, as far as the tables of `rules.py` go, and
a few things that only this program knows. It reads the source with its Liquid hidden: a hidden
word may stand for anything.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

import msgspec

from otklik.content.amp import rules
from otklik.content.amp.css import StyleCheck
from otklik.content.amp.raw import Stretches, raw_stretches
from otklik.content.amp.texts import BREAKING
from otklik.content.engine.markup import VOID, Attribute, Lines, Piece, read_markup
from otklik.content.engine.mask import Masked, mask
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem

EVENT_FIELD = "event"
ANSWER_VARIABLE = "answer_url"
DEPTH_MAX = 200
FOUND_MAX = 200
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:px)?")
_ACTION = re.compile(r"\s*([\w-]+)\s*:\s*(.+)", re.DOTALL)
_TARGET = re.compile(r"\s*([\w-]+)(?:\.([\w-]+))?\s*(\(.*\))?\s*", re.DOTALL)
_BOILERPLATE = re.compile(r"\s*body\s*\{\s*visibility\s*:\s*hidden\s*;?\s*\}\s*")
_EXTENSION = re.compile(re.escape(rules.CDN) + r"/([a-z-]+)-([0-9.]+|latest)\.js")
# Browsers close these by themselves.
_CLOSES_ITSELF = rules.words(
    "p li dt dd tr td th thead tbody tfoot option optgroup colgroup rb rt rp rtc html head body"
)
_RESERVED_ID = re.compile(r"(?:i-amphtml-|__amp|amp$|__proto__$|__count__$)", re.IGNORECASE)


def check_amp(amp: str) -> list[LetterProblem]:
    """Return what is wrong with the source of an AMP part; none of it is an error.

    The Liquid of it must have been checked before.
    """
    found = _Check(mask(amp)).run()
    if len(amp.encode()) > rules.SIZE_MAX:
        found.insert(0, problem("amp_too_large", "amp", None, size=len(amp.encode()) // 1024))
    broken = sum(one.code in BREAKING for one in found)
    # Of a page that was written for something else nobody reads more.
    del found[FOUND_MAX:]
    if broken:
        found.append(problem("amp_not_shown", "amp", None, count=broken))
    return found


class _Open(msgspec.Struct):
    """An element whose end has not come yet."""

    name: str
    line: int
    piece: Piece


class _Form(msgspec.Struct):
    line: int
    here: bool
    event: str | None = None


class _Check:
    def __init__(self, masked: Masked) -> None:
        self._masked = masked
        self._text = masked.text
        self._liquid = masked.pattern
        self._lines = Lines(masked.text)
        self._raw: Stretches = raw_stretches(masked)
        self._found: list[LetterProblem] = []
        self._open: list[_Open] = []
        self._ids: set[str] = set()
        self._targets: list[tuple[str, int]] = []
        self._used: set[str] = set()
        self._loaded: dict[str, int] = {}
        self._once: set[str] = set()
        self._style_bytes = 0
        self._form: _Form | None = None
        self._first_in_head = True

    def run(self) -> list[LetterProblem]:
        pieces = list(read_markup(self._text))
        self._begin(pieces)
        for place, piece in enumerate(pieces):
            if piece.kind == "open":
                if not self._text.endswith(">", piece.start, piece.end):
                    self._add("amp_unfinished", piece.start)
                    break
                self._element(piece, pieces[place + 1] if place + 1 < len(pieces) else None)
            elif piece.kind == "close":
                self._close(piece)
            if len(self._open) > DEPTH_MAX:
                self._add("amp_unclosed", piece.start, tag=self._open[0].name)
                break
        self._end()
        return self._found

    # --- The document ---

    def _begin(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if piece.kind == "comment":
                continue
            text = self._liquid.sub("", self._text[piece.start : piece.end]).strip()
            if not text:
                continue
            if not re.fullmatch(r"<!doctype\s+html\s*>", text, re.IGNORECASE):
                self._add("amp_doctype", piece.start)
            break
        opened = [piece.name for piece in pieces if piece.kind == "open"]
        if "html" not in opened:
            self._add("amp_html_mark", 0)
        for name in ("head", "body"):
            if name not in opened:
                self._add("amp_missing", 0, what=f"<{name}>")

    def _end(self) -> None:
        for one in self._open:
            if one.name not in _CLOSES_ITSELF:
                self._found.append(problem("amp_unclosed", "amp", one.line, tag=one.name))
        wanted = {
            "charset": '<meta charset="utf-8">',
            "runtime": f'<script async src="{rules.RUNTIME}"></script>',
            "boilerplate": "<style amp4email-boilerplate>body{visibility:hidden}</style>",
        }
        for name, what in wanted.items():
            if name not in self._once:
                self._add("amp_missing", 0, what=what)
        for name in sorted(self._used - self._loaded.keys()):
            self._add("amp_script_missing", 0, name=name, expected=script_of(name))
        for name, line in self._loaded.items():
            known = rules.SCRIPTS.get(name)
            if known is not None and known.must_be_used and name not in self._used:
                self._found.append(problem("amp_script_unused", "amp", line, name=name))
        for target, line in self._targets:
            if target not in self._ids and "amp" not in target.lower():
                self._found.append(problem("amp_target", "amp", line, target=target))
        if self._style_bytes > rules.STYLE_MAX:
            self._add("amp_style_too_large", 0, size=self._style_bytes)

    # --- Elements ---

    def _element(self, piece: Piece, after: Piece | None) -> None:
        name, line = piece.name, self._lines.of(piece.start)
        component = rules.COMPONENTS.get(name)
        if component is None and name not in rules.TAGS:
            other = rules.INSTEAD.get(name)
            self._add(
                "amp_tag",
                piece.start,
                tag=name,
                instead=f" Use {other}." if other else "",
                instead_ru=f" Возьмите {other}." if other else "",
            )
        else:
            self._place(piece)
            self._attributes(piece, component)
            if component is not None:
                self._component(piece, component)
            match name:
                case "html":
                    self._html(piece)
                case "meta":
                    self._meta(piece)
                case "script":
                    self._script(piece, after)
                case "style":
                    self._style(piece, after)
                case "form":
                    self._begin_form(piece)
                case "input":
                    self._input(piece)
                case "template":
                    self._used.add("amp-mustache")
                    self._require(piece, "type", "amp-mustache")
                case _:
                    pass
        if self._inside("head") and name not in ("head", "meta"):
            self._first_in_head = False
        if piece.closed and name not in VOID and name.startswith("amp-"):
            self._add("amp_unclosed", piece.start, tag=name)
        elif name not in VOID:
            self._open.append(_Open(name, line, piece))

    def _close(self, piece: Piece) -> None:
        at = next(
            (i for i in reversed(range(len(self._open))) if self._open[i].name == piece.name), None
        )
        if at is None:
            if piece.name not in _CLOSES_ITSELF and piece.name not in VOID:
                self._add("amp_unclosed", piece.start, tag=piece.name)
            return
        for one in self._open[at + 1 :]:
            if one.name not in _CLOSES_ITSELF:
                self._found.append(problem("amp_unclosed", "amp", one.line, tag=one.name))
        del self._open[at:]
        if piece.name == "form":
            self._end_form()

    def _inside(self, name: str) -> bool:
        return any(one.name == name for one in self._open)

    def _place(self, piece: Piece) -> None:
        for parent in sorted(rules.NOT_INSIDE.get(piece.name, ())):
            if self._inside(parent):
                self._add("amp_place", piece.start, tag=piece.name, parent=parent)
        if piece.name in ("template", "amp-list") and self._in_submitting():
            self._add("amp_place", piece.start, tag=piece.name, parent="div submitting")
        if self._open and self._open[-1].name == "amp-accordion" and piece.name != "section":
            self._add("amp_place", piece.start, tag=piece.name, parent="amp-accordion")
        is_data = self._is_data(piece)
        of_head = piece.name in ("meta", "style", "script", "title") and not is_data
        if of_head and not self._inside("head"):
            self._add("amp_head_only", piece.start, tag=piece.name)

    def _is_data(self, piece: Piece) -> bool:
        """Tell whether a script is the JSON of a state, the only one that may stand in the body."""
        is_json = self._value(piece, "type") == "application/json" and piece.get("src") is None
        return is_json and bool(self._open) and self._open[-1].name == "amp-state"

    def _in_submitting(self) -> bool:
        return any(one.piece.get("submitting") is not None for one in self._open)

    def _attributes(self, piece: Piece, component: rules.Component | None) -> None:
        own = component.attributes if component is not None else rules.TAGS[piece.name]
        allowed = own | rules.GLOBAL | (rules.LAYOUT if component is not None else frozenset())
        if self._inside("amp-selector"):
            allowed |= rules.CHOICE
        for attribute in piece.attributes:
            if self._raw.covers(attribute.offset) and self._liquid.search(attribute.name):
                # The parts of a template are read as HTML before its braces are.
                shown = self._liquid.sub("{{…}}", attribute.name)
                self._add("amp_attribute", attribute.offset, tag=piece.name, attribute=shown)
                continue
            for name in self._liquid.sub(" ", attribute.name).split():
                self._attribute(piece, attribute, name, allowed)

    def _attribute(
        self, piece: Piece, attribute: Attribute, name: str, allowed: frozenset[str]
    ) -> None:
        value = html.unescape(attribute.value or "").strip()
        at = attribute.offset
        if name.startswith("data-amp-bind-") or (name.startswith("[") and name.endswith("]")):
            self._used.add("amp-bind")
            bound = name.removeprefix("data-amp-bind-").strip("[]")
            known = bound in allowed or bound in rules.BOUND_EVERYWHERE or bound[:5] == "aria-"
            if not known or bound in rules.UNBOUND:
                self._add("amp_attribute", at, tag=piece.name, attribute=name)
            return
        if name.startswith(("data-", "aria-")):
            return
        if name not in allowed:
            self._add("amp_attribute", at, tag=piece.name, attribute=name)
            return
        match name:
            case "style":
                self._inline_style(attribute)
            case "on":
                self._on(piece, value, at)
            case "id":
                self._ids.add(value)
                if _RESERVED_ID.match(value):
                    self._add("amp_css_reserved", at)
            case "class":
                if re.search(r"(?:^|\s)i-amphtml-", value):
                    self._add("amp_css_reserved", at)
            case "href" | "src" | "action-xhr":
                self._address(piece, attribute)
            case _:
                pass

    def _address(self, piece: Piece, attribute: Attribute) -> None:
        name, at = attribute.name, attribute.offset
        value = html.unescape(attribute.value or "").strip()
        if piece.name == "script":
            return  # checked as a whole
        if "__amp_source_origin" in value:
            self._add("amp_source_origin", at)
        words = list(self._liquid.finditer(self._text, attribute.start, attribute.end))
        braces = [word for word in words if self._raw.covers(word.start())]
        if braces:
            # Of amp-mustache: an address of a link or a picture may be one value, and no other.
            whole = len(braces) == 1 and self._liquid.sub("", value) == ""
            if name == "action-xhr" or piece.name in ("amp-list", "amp-autocomplete") or not whole:
                self._add("amp_mustache_address", at, attribute=name, tag=piece.name)
            return
        if self._liquid.match(value):
            return  # begins with a personal value: nobody can tell before
        if piece.name == "a":
            if not value.lower().startswith(rules.LINK_SCHEMES):
                self._add("amp_link", at, url=self._liquid.sub("{{…}}", value)[:80])
        elif not value.lower().startswith("https://"):
            self._add("amp_https", at, attribute=name, tag=piece.name)

    def _component(self, piece: Piece, component: rules.Component) -> None:
        name = piece.name
        if name in rules.NEED_BIND:
            self._used.add("amp-bind")
        elif component.script:
            self._used.add(name)
        for needed in sorted(component.required):
            if piece.get(needed) is None:
                self._add("amp_attribute_missing", piece.start, tag=name, attribute=needed)
        if not component.layouts:
            return
        width, height = self._value(piece, "width"), self._value(piece, "height")
        layout = self._value(piece, "layout") or _implied(width, height)
        if self._liquid.search(layout + width + height):
            return
        if layout not in component.layouts:
            allowed = ", ".join(sorted(component.layouts))
            sized = component.layouts & {"fixed", "fixed-height"}
            if piece.get("layout") is None and sized and not (width and height):
                self._add("amp_size", piece.start, tag=name)
            else:
                self._add("amp_layout", piece.start, tag=name, layout=layout, allowed=allowed)
            return
        needs = {"width": width, "height": height} if layout in rules.NEEDS_BOTH else {}
        if layout == "fixed-height":
            needs = {"height": height}
        if not all(_NUMBER.fullmatch(one) for one in needs.values()):
            self._add("amp_size", piece.start, tag=name)

    # --- Single tags ---

    def _html(self, piece: Piece) -> None:
        names = {attribute.name for attribute in piece.attributes}
        if not names & rules.MARKS:
            self._add("amp_html_mark", piece.start)
        if rules.STRICT not in names:
            self._add("amp_not_strict", piece.start)

    def _meta(self, piece: Piece) -> None:
        if piece.get("charset") is not None:
            self._require(piece, "charset", "utf-8")
            self._single("charset", piece, '<meta charset="utf-8">')
            if not self._first_in_head:
                self._add("amp_charset", piece.start)
        elif (name := self._value(piece, "name").lower()) == "viewport":
            self._add("amp_attribute_value", piece.start, tag="meta", attribute="name",
                      value=name, allowed="email.…")  # fmt: skip
        self._first_in_head = False

    def _script(self, piece: Piece, after: Piece | None) -> None:
        body = ""
        if after is not None and after.kind == "raw":
            body = self._text[after.start : after.end]
        if self._is_data(piece):
            if not self._liquid.search(body):
                self._json(body, piece)
            return
        source = self._value(piece, "src")
        element, template = piece.get("custom-element"), piece.get("custom-template")
        given = element or template
        if given is None:
            fits = source == rules.RUNTIME
            expected = f'<script async src="{rules.RUNTIME}"></script>'
            if fits:
                self._single("runtime", piece, expected)
        else:
            name = given.value or ""
            expected = script_of(name) if name in rules.SCRIPTS else rules.CDN + "/…"
            address = _EXTENSION.fullmatch(source)
            known = rules.SCRIPTS.get(name)
            fits = (
                known is not None
                and address is not None
                and address[1] == name
                and address[2] in known.versions
                and (template is not None) == (name == "amp-mustache")
            )
            if name in self._loaded:
                self._add("amp_twice", piece.start, what=name)
            if known is not None:
                self._loaded[name] = self._lines.of(piece.start)
        if not fits or body.strip() or piece.get("async") is None:
            self._add("amp_script", piece.start, expected=expected)

    def _json(self, body: str, piece: Piece) -> None:
        try:
            json.loads(body)
        except (ValueError, RecursionError) as error:
            self._add("amp_json", piece.start, detail=str(error)[:120])

    def _style(self, piece: Piece, after: Piece | None) -> None:
        body, begins = "", piece.end
        if after is not None and after.kind == "raw":
            body, begins = self._text[after.start : after.end], after.start
        if piece.get("amp4email-boilerplate") is not None:
            self._single("boilerplate", piece, "<style amp4email-boilerplate>")
            if not _BOILERPLATE.fullmatch(body):
                self._add("amp_boilerplate", piece.start)
        elif piece.get("amp-custom") is None:
            self._add("amp_attribute_missing", piece.start, tag="style", attribute="amp-custom")
        else:
            self._single("style", piece, "<style amp-custom>")
            self._style_bytes += len(body.encode())
            line_at = lambda offset: self._lines.of(begins + offset)  # noqa: E731 (one place)
            self._found += StyleCheck(body, line_at, self._liquid).sheet()

    def _inline_style(self, attribute: Attribute) -> None:
        value = attribute.value or ""
        size = len(value.encode())
        self._style_bytes += size
        if size > rules.INLINE_STYLE_MAX:
            self._add("amp_inline_style_too_large", attribute.offset)
        line_at = lambda offset: self._lines.of(attribute.start + offset)  # noqa: E731 (one place)
        self._found += StyleCheck(html.unescape(value), line_at, self._liquid).inline()

    def _on(self, piece: Piece, value: str, at: int) -> None:
        if "AMP.setState" in value:
            self._used.add("amp-bind")
        if self._liquid.search(value):
            return
        for clause in _split(value, ";"):
            if not clause.strip():
                continue
            event = _ACTION.fullmatch(clause)
            if event is None:
                self._add("amp_on", at)
                return
            is_silent = event[1] == "tap" and piece.name not in rules.IMPLICIT_ROLES
            if is_silent and (piece.get("role") is None or piece.get("tabindex") is None):
                self._add("amp_tap_role", at, tag=piece.name)
            for action in _split(event[2], ","):
                target = _TARGET.fullmatch(action)
                if target is None:
                    self._add("amp_on", at)
                elif target[1] != "AMP":
                    self._targets.append((target[1], self._lines.of(at)))
                elif target[2] not in rules.AMP_ACTIONS:
                    self._add("amp_action", at, action=target[2] or "")

    # --- Forms ---

    def _begin_form(self, piece: Piece) -> None:
        self._used.add("amp-form")
        address = piece.get("action-xhr")
        if address is None:
            self._add("amp_attribute_missing", piece.start, tag="form", attribute="action-xhr")
        method = self._value(piece, "method").lower()
        if method not in ("get", "post") and not self._liquid.search(method):
            self._add("amp_attribute_value", piece.start, tag="form", attribute="method",
                      value=method, allowed="post, get")  # fmt: skip
        goal = address.value or "" if address is not None else ""
        shown = self._liquid.sub(self._span, goal)
        here = ANSWER_VARIABLE in shown
        self._form = _Form(self._lines.of(piece.start), here=here and "/topics" not in shown)
        if goal and not here:
            variable = f"{{{{ {ANSWER_VARIABLE} }}}}"
            self._add("amp_form_elsewhere", piece.start, variable=variable)

    def _input(self, piece: Piece) -> None:
        kind = self._value(piece, "type").lower()
        if kind in rules.INPUT_TYPES_NOT:
            self._add("amp_attribute_value", piece.start, tag="input", attribute="type",
                      value=kind, allowed="text, email, radio, checkbox, …")  # fmt: skip
        if self._form is not None and self._value(piece, "name") == EVENT_FIELD:
            self._form.event = self._value(piece, "value")
            if rules.RESERVED_EVENT.match(self._form.event):
                self._add("amp_form_reserved", piece.start, event=self._form.event)

    def _end_form(self) -> None:
        form, self._form = self._form, None
        if form is not None and form.here and not form.event:
            self._found.append(problem("amp_form_event", "amp", form.line))

    # --- Helpers ---

    def _span(self, found: re.Match[str]) -> str:
        return self._masked.spans[int(found[1] or found[2])]

    def _value(self, piece: Piece, name: str) -> str:
        attribute = piece.get(name)
        return html.unescape(attribute.value or "").strip() if attribute is not None else ""

    def _require(self, piece: Piece, name: str, wanted: str) -> None:
        value = self._value(piece, name)
        if value.lower() != wanted:
            self._add("amp_attribute_value", piece.start, tag=piece.name, attribute=name,
                      value=value, allowed=wanted)  # fmt: skip

    def _single(self, key: str, piece: Piece, what: str) -> None:
        if key in self._once:
            self._add("amp_twice", piece.start, what=what)
        self._once.add(key)

    def _add(self, code: str, offset: int, **facts: object) -> None:
        self._found.append(problem(code, "amp", self._lines.of(offset), **facts))


def script_of(name: str) -> str:
    """Return the line that loads a component."""
    kind = "custom-template" if name == "amp-mustache" else "custom-element"
    known = rules.SCRIPTS.get(name)
    version = known.versions[-1] if known is not None else "0.1"
    return f'<script async {kind}="{name}" src="{rules.CDN}/{name}-{version}.js"></script>'


def liquid_in_templates(masked: Masked) -> list[LetterProblem]:
    """Return warnings for Liquid inside <template>, where braces mostly mean amp-mustache."""
    raw = raw_stretches(masked)
    lines = Lines(masked.text)
    found: list[LetterProblem] = []
    begins: int | None = None
    for piece in read_markup(masked.text):
        if piece.name != "template":
            continue
        if piece.kind == "open":
            begins = piece.end
        elif piece.kind == "close" and begins is not None:
            for word in masked.pattern.finditer(masked.text, begins, piece.start):
                span = masked.spans[int(word[1] or word[2])]
                if span.startswith("{{") and not raw.covers(word.start()):
                    found.append(
                        problem(
                            "amp_liquid_in_template",
                            "amp",
                            lines.of(word.start()),
                            raw="{% raw %}…{% endraw %}",
                        )
                    )
            begins = None
    return found


def _implied(width: str, height: str) -> str:
    """Return the layout that AMP takes when none is written."""
    if width and height and width != "auto":
        return "fixed"
    return "fixed-height" if height else "container"


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
