"""The published rules of AMP for Email as tables: tags, their attributes, and where tags may stand.

Sources: amp.dev, “AMP for Email specification” with its pages on components, HTML, CSS and actions;
the rules that validators go by are the AMP4EMAIL ones of validator-main and validator-css in
github.com/ampproject/amphtml. Where the pages and the validator differ, the validator counts, since
mail services run it. `tools/amp_official.py` compares what follows from these tables with it.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

SIZE_MAX: Final = 200_000
STYLE_MAX: Final = 75_000
INLINE_STYLE_MAX: Final = 1_000
STATE_MAX: Final = 100_000
"""Bytes of the JSON of one amp-state."""
CDN: Final = "https://cdn.ampproject.org/v0"
RUNTIME: Final = f"{CDN}.js"


def words(text: str) -> frozenset[str]:
    """Return the words of a text; long lists are easier to read so."""
    return frozenset(text.split())


CHOICE: Final = words("disabled option selected")
"""What a tag inside of amp-selector may have that is one of its options."""
MARKS: Final = words("⚡4email ⚡\ufe0f4email amp4email")
"""What <html> calls itself; the second is how some keyboards write the first."""
STRICT: Final = "data-css-strict"

_ARIA = words(
    "aria-activedescendant aria-atomic aria-autocomplete aria-busy aria-checked aria-controls "
    "aria-describedby aria-disabled aria-dropeffect aria-expanded aria-flowto aria-grabbed "
    "aria-haspopup aria-hidden aria-invalid aria-label aria-labelledby aria-level aria-live "
    "aria-multiline aria-multiselectable aria-orientation aria-owns aria-posinset aria-pressed "
    "aria-readonly aria-relevant aria-required aria-selected aria-setsize aria-sort aria-valuemax "
    "aria-valuemin aria-valuenow aria-valuetext"
)
GLOBAL: Final = (
    words(
        "about accesskey class content datatype dir draggable fallback hidden id inlist itemid "
        "itemprop itemref itemscope itemtype lang on overflow placeholder prefix property rel "
        "resource rev role slot style tabindex title translate typeof validation-for "
        "visible-when-invalid vocab amp-access amp-access-behavior amp-access-hide amp-access-id "
        "amp-access-loader amp-access-loading amp-access-off amp-access-on amp-access-show "
        "amp-access-style amp-access-template i-amp-access-id aria-current aria-modal"
    )
    | _ARIA
)
LAYOUT: Final = words("disable-inline-width height heights layout media noloading sizes width")
"""What every component with a place of its own may have."""
_INPUT = words(
    "accept autocomplete checked disabled height max maxlength min minlength multiple name pattern "
    "readonly required size spellcheck step type value width"
)
_CELL = words("align bgcolor colspan headers height rowspan valign width")

_PLAIN = words(
    "abbr address article aside b body br caption cite code data datalist dd dfn dl dt em figure "
    "figcaption footer head header html i kbd legend main mark nav rb rp rt ruby s samp section "
    "small span strong sub summary sup tbody tfoot thead title u ul var wbr hr pre"
)
_OWN: dict[str, frozenset[str]] = {
    "a": words("border href hreflang media target type"),
    "bdo": words("dir"),
    "blockquote": words("align cite"),
    "button": words("disabled name type value"),
    "col": words("span"),
    "colgroup": words("span"),
    "del": words("cite datetime"),
    "details": words("open"),
    "div": words("align"),
    "fieldset": words("disabled name"),
    "form": words(
        "accept accept-charset action-xhr autocomplete custom-validation-reporting enctype method "
        "novalidate xssi-prefix"
    ),
    "h1": words("align"),
    "h2": words("align"),
    "h3": words("align"),
    "h4": words("align"),
    "h5": words("align"),
    "h6": words("align"),
    "input": _INPUT,
    "ins": words("cite datetime"),
    "label": words("for"),
    "li": words("value"),
    "meta": words("content itemprop media name property scheme"),
    "meter": words("high low max min optimum value"),
    "ol": words("reversed start type"),
    "optgroup": words("disabled label"),
    "option": words("disabled label selected value"),
    "output": words("for form name"),
    "p": words("align"),
    "progress": words("max value"),
    "q": words("cite"),
    "script": words("type"),
    "select": words("disabled multiple name required size"),
    "style": words("amp-custom type"),
    "table": words("align bgcolor border cellpadding cellspacing width"),
    "td": _CELL,
    "template": words("type"),
    "textarea": words(
        "autocomplete autoexpand cols disabled maxlength minlength name pattern readonly required "
        "rows spellcheck wrap"
    ),
    "th": _CELL | words("abbr scope"),
    "time": words("datetime pubdate"),
    "tr": words("align bgcolor height valign"),
}
TAGS: Final[dict[str, frozenset[str]]] = {**{name: frozenset() for name in _PLAIN}, **_OWN}
"""HTML tags that may stand in an AMP part, with the attributes of each beyond the global ones."""
DROPPED: Final = words("frame frameset")
"""Tags that no reader of HTML makes anything of inside a body."""

INSTEAD: Final[dict[str, str]] = {
    "img": "amp-img",
    "picture": "amp-img",
    "svg": "amp-img",
    "link": "<style amp-custom>",
    "center": "text-align",
    "strike": "<s>",
    "tt": "<code>",
    "font": "style",
}
"""What takes the place of tags that people often try."""

# --- Values of attributes -------------------------------------------------------------------------


class Only(msgspec.Struct, frozen=True):
    """What an attribute may be: an expression for all of it, and the same in words."""

    pattern: str
    hint: str


class Never(msgspec.Struct, frozen=True):
    """What may not be found in an attribute; case does not matter."""

    pattern: str
    hint: str


def _one_of(text: str) -> Only:
    return Only("|".join(map(re.escape, sorted(text.split()))), ", ".join(text.split()))


def _any_case(text: str) -> Only:
    found = _one_of(text)
    return Only(f"(?i:{found.pattern})", found.hint)


_BARE = Only("", '""')
_DIGITS = Only("[0-9]*", "0, 1, 2 …")
_RESERVED = (
    r"__amp_\S*|__count__|__defineGetter__|__defineSetter__|__lookupGetter__|__lookupSetter__"
    r"|__noSuchMethod__|__parent__|__proto__|\$p|\$proxy|acceptCharset|addEventListener"
    r"|appendChild|assignedSlot|attachShadow|baseURI|checkValidity|childElementCount|childNodes"
    r"|classList|className|clientHeight|clientLeft|clientTop|clientWidth|compareDocumentPosition"
    r"|computedName|computedRole|contentEditable|createShadowRoot|enqueAction|firstChild"
    r"|firstElementChild|getAnimations|getAttribute|getAttributeNS|getAttributeNode"
    r"|getAttributeNodeNS|getBoundingClientRect|getClientRects|getDestinationInsertionPoints"
    r"|getElementsByClassName|getElementsByTagName|getElementsByTagNameNS|getRootNode|hasAttribute"
    r"|hasAttributeNS|hasAttributes|hasChildNodes|hasPointerCapture|innerHTML|innerText|inputMode"
    r"|insertAdjacentElement|insertAdjacentHTML|insertAdjacentText|isContentEditable"
    r"|isDefaultNamespace|isEqualNode|isSameNode|lastChild|lastElementChild|lookupNamespaceURI"
    r"|namespaceURI|nextElementSibling|nextSibling|nodeName|nodeType|nodeValue|offsetHeight"
    r"|offsetLeft|offsetParent|offsetTop|offsetWidth|outerHTML|outerText|ownerDocument"
    r"|parentElement|parentNode|previousElementSibling|previousSibling|querySelector"
    r"|querySelectorAll|releasePointerCapture|removeAttribute|removeAttributeNS"
    r"|removeAttributeNode|removeChild|removeEventListener|replaceChild|reportValidity"
    r"|requestPointerLock|scrollHeight|scrollIntoView|scrollIntoViewIfNeeded|scrollLeft"
    r"|scrollWidth|setAttribute|setAttributeNS|setAttributeNode|setAttributeNodeNS"
    r"|setPointerCapture|shadowRoot|styleMap|tabIndex|tagName|textContent|toString|valueOf"
    r"|(?:webkit|ms|moz|o)dropzone|(?:webkit|moz|ms|o)MatchesSelector"
    r"|(?:webkit|moz|ms|o)RequestFullScreen"
)
_NAME = Never(rf"(?:^|\s)(?:{_RESERVED})(?:\s|$)", "…")
_ID = Never(rf"(?:^|\s)(?:AMP|i-amphtml-\S*|{_RESERVED})(?:\s|$)", "…")
_LOOKS = "fade-in fly-in-bottom fly-in-top"
VALUES: Final[dict[str, Only | Never]] = {
    # For every tag that has no line of its own.
    "class": Never(r"(?:^|\W)i-amphtml-", "…"),
    "fallback": _BARE,
    "hidden": _BARE,
    "id": _ID,
    "noloading": _BARE,
    "placeholder": _BARE,
    "rel": Never(
        r"(?:^|\s)(?:canonical|components|dns-prefetch|import|manifest|preconnect|preload"
        r"|prerender|serviceworker|stylesheet|subresource)(?:\s|$)",
        "nofollow, noopener, …",
    ),
    "visible-when-invalid": _one_of(
        "badInput customError patternMismatch rangeOverflow rangeUnderflow stepMismatch tooLong "
        "tooShort typeMismatch valueMissing"
    ),
    # Of single tags.
    "a.target": _one_of("_blank"),
    "a.type": _any_case("text/html"),
    "amp-accordion.animate": _BARE,
    "amp-accordion.expand-single-section": _BARE,
    "amp-carousel.autoplay": _DIGITS,
    "amp-carousel.delay": Only("[0-9]+", "1000 …"),
    "amp-carousel.loop": _BARE,
    "amp-carousel.slide": Only("[0-9]+", "0, 1, 2 …"),
    "amp-carousel.type": _one_of("carousel slides"),
    "amp-lightbox.animate-in": _any_case(_LOOKS),
    "amp-list.binding": _one_of("always no refresh refresh-evaluate"),
    "amp-list.diffable": _BARE,
    "amp-selector.disabled": _BARE,
    "amp-selector.keyboard-select-mode": _any_case("focus none select"),
    "amp-selector.multiple": _BARE,
    "amp-selector.name": _NAME,
    "amp-sidebar.side": _one_of("left right"),
    "amp-timeago.cutoff": Only("[0-9]+", "3600 …"),
    "amp-timeago.datetime": Only(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]"
        r"(?::[0-5][0-9](?:\.[0-9]+)?)?(?:Z|[+-][0-1][0-9]:[0-5][0-9])",
        "2026-06-15T12:00:00Z",
    ),
    "button.disabled": _BARE,
    "button.name": _NAME,
    "details.open": _BARE,
    "fieldset.name": _NAME,
    "form.custom-validation-reporting": _one_of(
        "as-you-go interact-and-submit show-all-on-submit show-first-on-submit"
    ),
    "form.method": _any_case("post get"),
    "input.name": _NAME,
    "input.type": Never(
        r"(?:^|\s)(?:file|image|password|)(?:\s|$)", "text, email, radio, checkbox, …"
    ),
    "li.value": _DIGITS,
    "meta.name": Never(
        r"(?:^|\s)(?:amp-.*|amp4ads-.*|apple-itunes-app|content-disposition|revisit-after"
        r"|viewport)(?:\s|$)",
        "author, description, …",
    ),
    "ol.reversed": _BARE,
    "ol.start": _DIGITS,
    "ol.type": Only("[1AaIi]", "1, A, a, I, i"),
    "output.name": _NAME,
    "section.expanded": _BARE,
    "select.name": _NAME,
    "style.amp-custom": _BARE,
    "style.type": _any_case("text/css"),
    "table.border": _one_of("0 1"),
    "template.type": _one_of("amp-mustache"),
    "textarea.name": _NAME,
    "time.pubdate": _BARE,
}
"""By “attribute” or “tag.attribute”: what it may be, or may not. All others may be anything."""
FREE: Final = words("input.placeholder textarea.placeholder amp-img.placeholder")
"""Attributes with a rule for all tags, which these tags need not keep."""

BOUND_EVERYWHERE: Final = words("class hidden text") | _ARIA
BOUND_LAYOUT: Final = words("height width")
BOUND: Final[dict[str, frozenset[str]]] = {
    "amp-carousel": words("slide"),
    "amp-img": words("alt attribution"),
    "amp-lightbox": words("open"),
    "amp-list": words("is-layout-container"),
    "amp-selector": words("disabled selected"),
    "amp-timeago": words("datetime title"),
    "button": words("disabled value"),
    "details": words("open"),
    "fieldset": words("disabled"),
    "input": words(
        "autocomplete checked disabled height max maxlength min minlength multiple pattern "
        "placeholder readonly required size spellcheck step value width"
    ),
    "optgroup": words("disabled label"),
    "option": words("disabled label selected value"),
    "select": words("disabled multiple required size"),
    "textarea": words(
        "autocomplete cols defaulttext disabled maxlength minlength pattern placeholder readonly "
        "required rows spellcheck wrap"
    ),
}
"""Attributes that amp-bind may change, by tag: `[value]="…"`."""

# --- Addresses ------------------------------------------------------------------------------------


class Address(msgspec.Struct, frozen=True):
    """An attribute that holds an address; `whole`: one value of amp-mustache may be all of it."""

    schemes: frozenset[str]
    whole: bool = False
    relative: bool = False


_WEB = words("http https")
_HTTPS = words("https")
_PICTURE = Address(_HTTPS, whole=True)
_DATA = Address(_HTTPS)
_CITED = Address(_WEB, relative=True)
ADDRESSES: Final[dict[str, Address]] = {
    "a.href": Address(_WEB | words("mailto tel"), whole=True),
    "amp-anim.src": _PICTURE,
    "amp-autocomplete.src": _DATA,
    "amp-img.src": _PICTURE,
    "amp-list.src": _DATA,
    "blockquote.cite": _CITED,
    "del.cite": _CITED,
    "form.action-xhr": _DATA,
    "ins.cite": _CITED,
    "q.cite": _CITED,
}
NOT_WHOLE: Final = re.compile(
    r"[\s\S]\{\{|\}\}[\s\S]|^\{\{.*[^}][^}]$|^[^{][^{].*\}\}$|^\}\}|\{\{$|\{\{#|\{\{/|\{\{\^"
)
"""What is found in an address with braces that is not one value alone."""

# --- Actions and places ---------------------------------------------------------------------------

AMP_ACTIONS: Final = words("setState")
"""What the target AMP does in letters; the others (navigateTo, print …) are for websites."""
ROLES_OWN: Final = words("a button")
"""Tags that a `tap` may be set on as they are; others need `role` and `tabindex`."""
RESERVED_EVENT: Final = re.compile(r"Order [A-Z]")
"""Beginnings of names by which events tell of orders; a reader must not be able to say them."""
NOT_INSIDE: Final[dict[str, frozenset[str]]] = {
    "amp-list": words("amp-list amp-state template"),
    "amp-state": words("amp-list amp-state template"),
    "amp-selector": words("amp-selector"),
    "template": words("template head"),
    "amp-autocomplete": words("amp-autocomplete amp-state template"),
}
PARENTS: Final[dict[str, str]] = {"optgroup": "select", "summary": "details"}
"""Tags that stand in one other alone, and right in it."""
FORM_PARTS: Final = words("submit-success submit-error submitting")
"""What a <div> of a form may be: one of them. With the first two it may have `template`."""
HEADINGS: Final = words("h1 h2 h3 h4 h5 h6 header")
"""What a section of amp-accordion begins with."""
