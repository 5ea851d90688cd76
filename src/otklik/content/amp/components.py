"""The components of AMP for Email as tables; sources as those of `rules.py`."""

from __future__ import annotations

from typing import Final

import msgspec

from otklik.content.amp.rules import CDN, words


class Component(msgspec.Struct, frozen=True):
    """`versions` of its script, the best first; `layouts` that it takes, none: it takes no place.

    `must_be_used`: a script that nothing uses is refused; `twice`: it may be loaded again.
    """

    attributes: frozenset[str] = frozenset()
    layouts: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    script: bool = True
    versions: tuple[str, ...] = ("0.1",)
    must_be_used: bool = False
    twice: bool = False


_BOX = words("fill fixed fixed-height flex-item nodisplay responsive")
_SHOWN_OVER = ("0.1", "latest")
COMPONENTS: Final[dict[str, Component]] = {
    "amp-accordion": Component(
        words("animate expand-single-section"), words("container"), twice=True
    ),
    "amp-anim": Component(words("alt attribution src"), _BOX, words("src"), must_be_used=True),
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
        words("autoplay controls delay loop slide type"),
        _BOX | {"intrinsic"},
        versions=("0.1", "0.2"),
        must_be_used=True,
    ),
    "amp-fit-text": Component(
        words("max-font-size min-font-size"), _BOX | {"intrinsic"}, twice=True
    ),
    "amp-image-lightbox": Component(
        words("controls"), words("nodisplay"), versions=_SHOWN_OVER, must_be_used=True
    ),
    "amp-img": Component(
        words("alt attribution src"), _BOX | {"intrinsic"}, words("src"), script=False
    ),
    "amp-layout": Component(frozenset(), _BOX | {"container", "intrinsic"}, script=False),
    "amp-lightbox": Component(
        words("animate-in controls from"),
        words("nodisplay"),
        versions=_SHOWN_OVER,
        must_be_used=True,
    ),
    "amp-list": Component(
        words("binding diffable items max-items single-item src template xssi-prefix"),
        _BOX | {"container"},
        words("src"),
        must_be_used=True,
    ),
    "amp-selector": Component(
        words("disabled form keyboard-select-mode multiple name"),
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
    "amp-form": Component(twice=True),
    "amp-mustache": Component(versions=("0.2", "0.1"), must_be_used=True),
}
NEED_BIND: Final = words("amp-state amp-bind-macro")
LAYOUTS: Final = words(
    "container fill fixed fixed-height flex-item fluid intrinsic nodisplay responsive"
)
LENGTH: Final = r"[0-9]+(?:\.[0-9]+)?(px|em|rem|vh|vw|vmin|vmax)?"


def script_of(name: str) -> str:
    """Return the line that loads a component."""
    kind = "custom-template" if name == "amp-mustache" else "custom-element"
    known = SCRIPTS.get(name)
    version = known.versions[0] if known is not None else "0.1"
    return f'<script async {kind}="{name}" src="{CDN}/{name}-{version}.js"></script>'
