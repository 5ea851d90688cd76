"""The MJML language: which tag may stand where, and with which attributes.

After the documentation of MJML 4 (documentation.mjml.io); the renderer that we use knows the same
set, but does not check anything: an unknown tag disappears without a word.
"""

from __future__ import annotations

import msgspec


class Tag(msgspec.Struct, frozen=True):
    """`content`: "none", "mjml" (only other MJML tags), "html" or "text"."""

    parents: frozenset[str]
    attributes: frozenset[str]
    content: str


def _words(*texts: str) -> frozenset[str]:
    return frozenset(" ".join(texts).split())


def _sides(name: str) -> str:
    return " ".join([name, *(f"{name}-{side}" for side in ("top", "right", "bottom", "left"))])


_COMMON = "css-class mj-class"
_PADDING = _sides("padding")
_INNER_PADDING = _sides("inner-padding")
_BORDER = f"{_sides('border')} border-radius"
_BACKGROUND = (
    "background-color background-url background-repeat background-size background-position "
    "background-position-x background-position-y"
)
_FONT = (
    "font-family font-size font-weight font-style line-height letter-spacing text-decoration "
    "text-transform text-align color"
)
_LINK = "href rel target title name"
_BOX = f"{_COMMON} {_PADDING} align container-background-color"
_IN_COLUMN = _words("mj-column mj-hero mj-attributes")

MJML_TAGS: dict[str, Tag] = {
    "mjml": Tag(_words(""), _words("owa lang dir version xmlns"), "mjml"),
    "mj-head": Tag(_words("mjml"), _words(""), "mjml"),
    "mj-body": Tag(
        _words("mjml mj-attributes"),
        _words(_COMMON, "background-color width id"),
        "mjml",
    ),
    # Head.
    "mj-attributes": Tag(_words("mj-head"), _words(""), "mjml"),
    "mj-all": Tag(_words("mj-attributes"), _words("*"), "none"),
    "mj-class": Tag(_words("mj-attributes"), _words("*"), "mjml"),
    "mj-breakpoint": Tag(_words("mj-head"), _words("width"), "none"),
    "mj-font": Tag(_words("mj-head"), _words("name href"), "none"),
    "mj-preview": Tag(_words("mj-head"), _words(""), "text"),
    # The renderer leaves every style in <style>: `inline` would have no effect.
    "mj-style": Tag(_words("mj-head"), _words(""), "text"),
    "mj-title": Tag(_words("mj-head"), _words(""), "text"),
    # Layout.
    "mj-wrapper": Tag(
        _words("mj-body mj-attributes"),
        _words(_COMMON, _PADDING, _BORDER, _BACKGROUND, "direction full-width gap text-align"),
        "mjml",
    ),
    "mj-section": Tag(
        _words("mj-body mj-wrapper mj-attributes"),
        _words(
            _COMMON, _PADDING, _BORDER, _BACKGROUND, "direction full-width text-align text-padding"
        ),
        "mjml",
    ),
    "mj-group": Tag(
        _words("mj-section mj-attributes"),
        _words(_COMMON, "background-color direction vertical-align width"),
        "mjml",
    ),
    "mj-column": Tag(
        _words("mj-section mj-group mj-attributes"),
        _words(
            _COMMON,
            _PADDING,
            _BORDER,
            _sides("inner-border"),
            "inner-border-radius inner-background-color background-color direction vertical-align "
            "width",
        ),
        "mjml",
    ),
    "mj-hero": Tag(
        _words("mj-body mj-wrapper mj-attributes"),
        _words(
            _BOX,
            _INNER_PADDING,
            _BACKGROUND,
            "background-height background-width border-radius height inner-background-color mode "
            "vertical-align width",
        ),
        "mjml",
    ),
    # Content.
    "mj-text": Tag(_IN_COLUMN, _words(_BOX, _FONT, "height vertical-align"), "html"),
    "mj-button": Tag(
        _IN_COLUMN,
        _words(
            _BOX,
            _INNER_PADDING,
            _BORDER,
            _FONT,
            _LINK,
            "background-color height vertical-align width",
        ),
        "html",
    ),
    "mj-image": Tag(
        _IN_COLUMN,
        _words(
            _BOX,
            _BORDER,
            _LINK,
            "alt fluid-on-mobile font-size height max-height src srcset sizes usemap width",
        ),
        "none",
    ),
    "mj-divider": Tag(
        _IN_COLUMN, _words(_BOX, "border-color border-style border-width width"), "none"
    ),
    "mj-spacer": Tag(_IN_COLUMN, _words(_BOX, "height"), "none"),
    "mj-table": Tag(
        _IN_COLUMN,
        _words(_BOX, _BORDER, _FONT, "cellpadding cellspacing role table-layout width"),
        "html",
    ),
    "mj-raw": Tag(
        _words(
            "mj-head mj-body mj-wrapper mj-section mj-group mj-column mj-hero mj-social mj-navbar "
            "mj-accordion mj-accordion-element mj-carousel"
        ),
        _words("position"),
        "html",
    ),
    "mj-social": Tag(
        _IN_COLUMN,
        _words(
            _BOX,
            _INNER_PADDING,
            _FONT,
            "border-radius icon-height icon-padding icon-size mode table-layout text-padding",
        ),
        "mjml",
    ),
    "mj-social-element": Tag(
        _words("mj-social mj-attributes"),
        _words(
            _COMMON,
            _PADDING,
            _FONT,
            _LINK,
            "align alt background-color border-radius icon-height icon-padding icon-position "
            "icon-size src srcset sizes text-padding vertical-align",
        ),
        "html",
    ),
    "mj-navbar": Tag(
        _IN_COLUMN,
        _words(
            _COMMON,
            "align base-url hamburger ico-align ico-close ico-color ico-font-family ico-font-size "
            "ico-line-height ico-open ico-text-decoration ico-text-transform",
            _sides("ico-padding"),
            _PADDING,
        ),
        "mjml",
    ),
    "mj-navbar-link": Tag(
        _words("mj-navbar mj-attributes"), _words(_COMMON, _PADDING, _FONT, _LINK), "html"
    ),
    "mj-accordion": Tag(
        _IN_COLUMN,
        _words(
            _COMMON,
            _PADDING,
            "border container-background-color font-family icon-align icon-height icon-position "
            "icon-unwrapped-alt icon-unwrapped-url icon-width icon-wrapped-alt icon-wrapped-url",
        ),
        "mjml",
    ),
    "mj-accordion-element": Tag(
        _words("mj-accordion mj-attributes"),
        _words(
            _COMMON,
            "background-color border font-family icon-align icon-height icon-position "
            "icon-unwrapped-alt icon-unwrapped-url icon-width icon-wrapped-alt icon-wrapped-url",
        ),
        "mjml",
    ),
    "mj-accordion-title": Tag(
        _words("mj-accordion-element mj-attributes"),
        _words(_COMMON, _PADDING, _FONT, "background-color"),
        "html",
    ),
    "mj-accordion-text": Tag(
        _words("mj-accordion-element mj-attributes"),
        _words(_COMMON, _PADDING, _FONT, "background-color"),
        "html",
    ),
    "mj-carousel": Tag(
        _IN_COLUMN,
        _words(
            _COMMON,
            "align border-radius container-background-color icon-width left-icon right-icon "
            "tb-border tb-border-radius tb-hover-border-color tb-selected-border-color tb-width "
            "thumbnails",
            _PADDING,
        ),
        "mjml",
    ),
    "mj-carousel-image": Tag(
        _words("mj-carousel mj-attributes"),
        _words(_COMMON, _LINK, "alt src thumbnails-src border-radius tb-border tb-border-radius"),
        "none",
    ),
}
