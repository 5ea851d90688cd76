"""The published rules of AMP for Email as tables: tags, attributes, components, styles.

Sources: amp.dev, “AMP for Email specification” with its pages on components, HTML, CSS and actions;
the rules that validators go by are the AMP4EMAIL ones of validator-main and validator-css in
github.com/ampproject/amphtml. Where the pages and the validator differ, the validator counts, since
mail services run it.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

SIZE_MAX: Final = 200_000
STYLE_MAX: Final = 75_000
INLINE_STYLE_MAX: Final = 1_000
CDN: Final = "https://cdn.ampproject.org/v0"
RUNTIME: Final = f"{CDN}.js"


def words(text: str) -> frozenset[str]:
    """Return the words of a text; long lists are easier to read so."""
    return frozenset(text.split())


CHOICE: Final = words("disabled option selected")
"""What every tag inside of amp-selector may have."""
MARKS: Final = words("⚡4email ⚡\ufe0f4email amp4email")
"""What <html> calls itself; the second is how some keyboards write the first."""
STRICT: Final = "data-css-strict"

GLOBAL: Final = words(
    "about accesskey class content datatype dir draggable fallback hidden id inlist itemid "
    "itemprop itemref itemscope itemtype lang on overflow placeholder prefix property rel resource "
    "rev role slot style tabindex title translate typeof validation-for visible-when-invalid vocab"
)
LAYOUT: Final = words("disable-inline-width height heights layout media noloading sizes width")
_INPUT = words(
    "accept autocomplete checked disabled height max maxlength min minlength multiple name pattern "
    "readonly required size spellcheck step type value width"
)
_CELL = words("abbr align bgcolor colspan headers height rowspan scope valign width axis")
_ROW = words("align bgcolor height valign")

_PLAIN = words(
    "abbr address article aside b bdo blockquote body br caption center cite code datalist dd del "
    "dfn div dl dt em fieldset figcaption figure footer h1 h2 h3 h4 h5 h6 head header hr i ins kbd "
    "legend li main mark nav ol output p pre q rb rp rt rtc ruby s samp section small span strong "
    "style sub summary sup tbody tfoot thead title u ul var wbr tt big strike acronym dir hgroup"
)
_OWN: dict[str, frozenset[str]] = {
    "a": words("border href hreflang media target type"),
    "blockquote": words("align cite"),
    "br": words("clear"),
    "button": words("disabled name open-button type value"),
    "caption": words("align"),
    "col": words("align span valign width"),
    "colgroup": words("align span valign width"),
    "data": words("value"),
    "del": words("cite datetime"),
    "details": words("open"),
    "div": words(
        "align submit-success submit-error submitting template verify-error option selected "
        "disabled fetch-error amp-fx"
    ),
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
    "hr": words("align color noshade size width"),
    "html": words("data-css-strict ⚡4email ⚡\ufe0f4email amp4email"),
    "input": _INPUT,
    "ins": words("cite datetime"),
    "label": words("for"),
    "li": words("value option selected disabled"),
    "meta": words("charset name"),
    "meter": words("high low max min optimum value"),
    "ol": words("reversed start type"),
    "optgroup": words("disabled label"),
    "option": words("disabled label selected value"),
    "output": words("for form name"),
    "p": words("align option selected disabled"),
    "pre": words("width"),
    "progress": words("max value"),
    "q": words("cite"),
    "script": words("async custom-element custom-template src type"),
    "section": words("access-hide expanded"),
    "select": words("autocomplete disabled multiple name required size"),
    "span": words("option selected disabled"),
    "style": words("amp-custom amp4email-boilerplate type"),
    "table": words(
        "align bgcolor border cellpadding cellspacing frame height rules sortable summary width"
    ),
    "tbody": _ROW,
    "td": _CELL | words("nowrap"),
    "template": words("type"),
    "textarea": words(
        "autocomplete autoexpand cols defaulttext disabled maxlength minlength name pattern "
        "readonly required rows spellcheck wrap"
    ),
    "tfoot": _ROW,
    "th": _CELL | words("nowrap sorted"),
    "thead": _ROW,
    "time": words("datetime pubdate"),
    "tr": _ROW,
    "ul": words("type"),
}
TAGS: Final[dict[str, frozenset[str]]] = {**{name: frozenset() for name in _PLAIN}, **_OWN}
"""HTML tags that may stand in an AMP part, with the attributes of each beyond the global ones."""

INSTEAD: Final[dict[str, str]] = {
    "img": "amp-img",
    "picture": "amp-img",
    "svg": "amp-img",
    "link": "<style amp-custom>",
}
"""What takes the place of tags that people often try."""


class Component(msgspec.Struct, frozen=True):
    """`versions` of its script; `layouts` that it takes, none: it has no place of its own."""

    attributes: frozenset[str] = frozenset()
    layouts: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    script: bool = True
    versions: tuple[str, ...] = ("0.1",)
    must_be_used: bool = False


_BOX = words("fill fixed fixed-height flex-item nodisplay responsive")
COMPONENTS: Final[dict[str, Component]] = {
    "amp-accordion": Component(words("animate expand-single-section"), words("container")),
    "amp-anim": Component(
        words("alt attribution controls src"), _BOX, words("src"), must_be_used=True
    ),
    "amp-autocomplete": Component(
        words(
            "highlight-user-entry inline items max-items min-characters prefetch query src "
            "submit-on-enter suggest-first template"
        ),
        words("container"),
        words("src"),
        must_be_used=True,
    ),
    "amp-bind-macro": Component(
        words("arguments expression"), required=words("id expression"), script=False
    ),
    "amp-carousel": Component(
        words("autoplay controls delay dots loop slide type"),
        _BOX | {"intrinsic"},
        must_be_used=True,
    ),
    "amp-fit-text": Component(words("max-font-size min-font-size"), _BOX | {"intrinsic"}),
    "amp-image-lightbox": Component(words("controls"), words("nodisplay"), must_be_used=True),
    "amp-img": Component(
        words("alt attribution src"), _BOX | {"intrinsic"}, words("src"), script=False
    ),
    "amp-layout": Component(frozenset(), _BOX | {"container", "intrinsic"}, script=False),
    "amp-lightbox": Component(
        words("animate-in controls from open"), words("nodisplay"), must_be_used=True
    ),
    "amp-list": Component(
        words(
            "binding diffable is-layout-container items max-items single-item src template "
            "xssi-prefix"
        ),
        _BOX | {"container"},
        words("src"),
        must_be_used=True,
    ),
    "amp-selector": Component(
        words("disabled form keyboard-select-mode multiple name selected"),
        _BOX - {"flex-item"} | {"container"},
    ),
    "amp-sidebar": Component(words("side"), words("nodisplay"), must_be_used=True),
    "amp-state": Component(frozenset(), required=words("id"), script=False),
    "amp-timeago": Component(
        words("cutoff datetime locale"),
        words("fixed fixed-height responsive"),
        words("datetime"),
        must_be_used=True,
    ),
}
"""Components by tag; `amp-form`, `amp-bind` and `amp-mustache` are scripts without a tag."""
SCRIPTS: Final[dict[str, Component]] = {
    **{name: one for name, one in COMPONENTS.items() if one.script},
    "amp-bind": Component(),
    "amp-form": Component(),
    "amp-mustache": Component(versions=("0.2",), must_be_used=True),
}
NEED_BIND: Final = words("amp-state amp-bind-macro")
NEEDS_BOTH: Final = words("fixed responsive intrinsic")
"""Layouts for which width and height must be given."""

INPUT_TYPES_NOT: Final = words("file image password")
UNBOUND: Final = words("action-xhr href id method name on src srcset style target template type")
"""Attributes that amp-bind may not change."""
BOUND_EVERYWHERE: Final = words("class hidden text")
LINK_SCHEMES: Final = ("https://", "http://", "mailto:", "tel:")
AMP_ACTIONS: Final = words("setState")
"""What the target AMP does in letters; the others (navigateTo, print …) are for websites."""
IMPLICIT_ROLES: Final = words(
    "a button input select option textarea label form details summary "
    "amp-selector amp-accordion amp-carousel amp-list amp-lightbox amp-sidebar section"
)
"""Tags that a `tap` may be set on as they are; others need `role` and `tabindex`."""
RESERVED_EVENT: Final = re.compile(r"Order [A-Z]")
"""Beginnings of names by which events tell of orders; a reader must not be able to say them."""
NOT_INSIDE: Final[dict[str, frozenset[str]]] = {
    "amp-list": words("amp-list amp-state template"),
    "amp-state": words("amp-list amp-state template"),
    "amp-selector": words("amp-selector"),
    "template": words("template"),
    "form": words("form"),
    "amp-autocomplete": words("amp-autocomplete amp-state template"),
}

# --- Styles ---------------------------------------------------------------------------------------

PROPERTIES: Final = words(
    "-moz-appearance -webkit-appearance -webkit-tap-highlight-color align-content align-items "
    "align-self appearance aspect-ratio azimuth background background-attachment "
    "background-blend-mode background-clip background-color background-image background-origin "
    "background-position background-repeat background-size border border-bottom "
    "border-bottom-color border-bottom-left-radius border-bottom-right-radius border-bottom-style "
    "border-bottom-width border-collapse border-color border-left border-left-color "
    "border-left-style border-left-width border-radius border-right border-right-color "
    "border-right-style border-right-width border-spacing border-style border-top border-top-color "
    "border-top-left-radius border-top-right-radius border-top-style border-top-width border-width "
    "bottom box-shadow box-sizing break-after break-before break-inside caption-side caret-color "
    "clear color color-adjust column-count column-fill column-gap column-rule column-rule-color "
    "column-rule-style column-rule-width column-span column-width columns counter-increment "
    "counter-reset cursor direction display elevation empty-cells filter flex flex-basis "
    "flex-direction flex-flow flex-grow flex-shrink flex-wrap float font font-family "
    "font-feature-settings font-kerning font-size font-size-adjust font-stretch font-style "
    "font-synthesis font-variant font-variant-alternates font-variant-caps font-variant-east-asian "
    "font-variant-ligatures font-variant-numeric font-variation-settings font-weight gap grid "
    "grid-area grid-auto-columns grid-auto-flow grid-auto-rows grid-column grid-column-end "
    "grid-column-start grid-row grid-row-end grid-row-start grid-template grid-template-areas "
    "grid-template-columns grid-template-rows height hyphens image-orientation image-resolution "
    "inline-size isolation justify-content justify-items justify-self left letter-spacing "
    "line-break line-height list-style list-style-position list-style-type margin margin-bottom "
    "margin-left margin-right margin-top max-height max-width min-height min-width mix-blend-mode "
    "object-fit object-position offset-distance opacity order outline outline-color outline-offset "
    "outline-style outline-width overflow overflow-wrap overflow-x overflow-y padding "
    "padding-bottom padding-left padding-right padding-top pause pause-after pause-before "
    "perspective perspective-origin pitch pitch-range place-items position quotes resize richness "
    "right row-gap speak speak-header speak-numeral speak-punctuation speech-rate stress "
    "table-layout text-align text-align-last text-combine-upright text-decoration "
    "text-decoration-color text-decoration-line text-decoration-skip text-decoration-style "
    "text-emphasis text-emphasis-color text-emphasis-position text-emphasis-style text-indent "
    "text-justify text-orientation text-overflow text-shadow text-transform "
    "text-underline-position top transform transform-box transform-origin transform-style "
    "transition transition-delay transition-duration transition-property "
    "transition-timing-function unicode-bidi vertical-align visibility voice-family white-space "
    "width word-break word-spacing word-wrap writing-mode z-index"
)
_MOVING = r"(?:none|offset-distance|opacity|transform|visibility)"
VALUES: Final[dict[str, str]] = {
    "cursor": r"initial|pointer",
    "filter": r"(?!.*url\().*",
    "position": r"absolute|inherit|initial|relative|static",
    "transition": rf"initial|unset|{_MOVING}(?:\s[^,]*)?(?:,\s*{_MOVING}(?:\s[^,]*)?)*",
    "transition-property": rf"initial|unset|{_MOVING}(?:\s*,\s*{_MOVING})*",
    "visibility": r"hidden|initial|visible",
    "z-index": r"[-+]?(?:0|100|[1-9][0-9]?)",
}
"""Values of the properties that take few: expressions that must match the whole value."""
VALUE_HINTS: Final[dict[str, str]] = {
    "cursor": "pointer, initial",
    "filter": "blur(…), …; no url()",
    "position": "absolute, relative, static, initial, inherit",
    "transition": "opacity, transform, visibility, offset-distance",
    "transition-property": "opacity, transform, visibility, offset-distance",
    "visibility": "hidden, visible, initial",
    "z-index": "-100 … 100",
}
PSEUDO_CLASSES: Final = words(
    "active checked default disabled empty enabled first-child first-of-type focus focus-within "
    "hover in-range indeterminate invalid last-child last-of-type not nth-child nth-last-child "
    "nth-last-of-type nth-of-type only-child only-of-type optional out-of-range read-only "
    "read-write required valid"
)
SELECTOR_ATTRIBUTES: Final = words(
    "active alt autocomplete autoexpand checked class controls dir disabled expanded fallback "
    "fetch-error height hidden id items layout name noloading novalidate open option overflow "
    "placeholder readonly required role scrollable selected side sizes submit-error submit-success "
    "submitting title type value width"
)
MEDIA_TYPES: Final = words("all screen")
MEDIA_FEATURES: Final = words(
    "device-width hover max-device-width max-resolution max-width min-device-width min-resolution "
    "min-width orientation pointer resolution width"
)
