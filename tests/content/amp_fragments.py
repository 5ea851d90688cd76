"""Pieces of AMP parts, right and wrong: what `amp_corpus.py` puts together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from otklik.content.amp.components import script_of

HEAD = """<!doctype html>
<html ⚡4email data-css-strict>
<head>
<meta charset="utf-8">
<script async src="https://cdn.ampproject.org/v0.js"></script>
{loaded}
<style amp4email-boilerplate>body{visibility:hidden}</style>
<style amp-custom>{style}</style>
</head>
<body>
"""


def part(
    body: str = "<p>Hello</p>",
    *,
    style: str = "",
    scripts: tuple[str, ...] = (),
    loaded: str = "",
) -> str:
    """Return a whole AMP part."""
    lines = loaded or "".join(script_of(name) for name in scripts)
    head = HEAD.replace("{loaded}", lines).replace("{style}", style)
    return f"{head}{body}\n</body>\n</html>\n"


USER = {
    "amp-anim": "<amp-anim src='https://a.ru/a' width=1 height=1></amp-anim>",
    "amp-accordion": "<amp-accordion></amp-accordion>",
    "amp-autocomplete": "<amp-autocomplete src='https://a.ru/a'></amp-autocomplete>",
    "amp-bind": "<amp-state id=a></amp-state>",
    "amp-carousel": "<amp-carousel width=1 height=1></amp-carousel>",
    "amp-fit-text": "<amp-fit-text width=1 height=1></amp-fit-text>",
    "amp-form": "<form method=post action-xhr='https://a.ru/a'></form>",
    "amp-image-lightbox": "<amp-image-lightbox layout=nodisplay></amp-image-lightbox>",
    "amp-lightbox": "<amp-lightbox layout=nodisplay></amp-lightbox>",
    "amp-list": "<amp-list src='https://a.ru/a' width=1 height=1></amp-list>",
    "amp-mustache": "<template type=amp-mustache></template>",
    "amp-selector": "<amp-selector></amp-selector>",
    "amp-sidebar": "<amp-sidebar layout=nodisplay></amp-sidebar>",
    "amp-timeago": "<amp-timeago datetime='2026-06-15T12:00:00Z' width=1 height=1></amp-timeago>",
}
"""What needs the script of each component."""
USERS = "".join(USER.values())
NEEDED = {
    "amp-anim": "src='https://a.ru/a'",
    "amp-autocomplete": "src='https://a.ru/a'",
    "amp-bind-macro": "id=m expression=a",
    "amp-img": "src='https://a.ru/a'",
    "amp-list": "src='https://a.ru/a'",
    "amp-state": "id=s",
    "amp-timeago": "datetime='2026-06-15T12:00:00Z'",
}
"""Attributes without which a component is wrong whatever its size."""
LAYOUTS = (
    *("fixed", "fixed-height", "responsive", "intrinsic", "fill", "flex-item", "nodisplay"),
    *("container", "fluid", "FIXED", "foo", "''"),
)
WIDTHS = ("", "width=1", "width=auto", "width=50%", "width=1em", "width=1.5px")
HEIGHTS = ("", "height=1", "height=auto", "height=1em", "height=x")
SIZES = (
    *("", "width=1 height=1", "height=1", "layout=container", "layout=fill", "layout=nodisplay"),
    *("layout=flex-item", "layout=intrinsic width=1 height=1", "layout=fill heights=x"),
    *("layout=responsive width=1 height=1", "layout=responsive width=1 height=1 heights=x"),
    *("layout=fixed width=1 height=1 heights=x", "layout=fixed width=1 height=1 heights"),
    *("width=' 1 ' height=1", "width=1PX height=1", "width=.5 height=1", "width=-1 height=1"),
    *("width=1 height=1 noloading=x", "width=1 height=1 noloading", "width=1vw height=1vh"),
    *("width=1rem height=1rem layout=responsive", "width=1 height=1px layout=responsive"),
    *("width=1 height=1 media=print", "width=1 height=1 disable-inline-width", "[width]=x"),
)
WITH_ADDRESS = (
    '<a href="%s">x</a>',
    '<amp-img src="%s" width=1 height=1></amp-img>',
    '<form method=post action-xhr="%s"></form>',
    '<amp-list src="%s" width=1 height=1></amp-list>',
    '<q cite="%s">x</q>',
)
RICH = """
<a href="https://shop.example/?a=1&amp;b=2" target="_blank">x</a><a href="mailto:a@b.ru">m</a>
<amp-img src="https://shop.example/a.png" width="10" height="20" alt=""></amp-img>
<amp-state id="s"><script type="application/json">{"open": true}</script></amp-state>
<p [text]="s.open" [hidden]="!s.open" data-x="1" aria-label="l">text</p>
<button on="tap:AMP.setState({s: {open: false}}),box.toggleVisibility">x</button>
<div id="box" role="button" tabindex="0" on="tap:box.hide;collapse:box.show">y</div>
<amp-accordion><section expanded><h2>H</h2><div>D</div></section></amp-accordion>
<amp-selector name="s" layout="container"><b option="2" selected>2</b></amp-selector>
<amp-list src="https://shop.example/l" width="1" height="1" template="t"></amp-list>
<template type="amp-mustache" id="t"><p title="{{a}}">{{b}}</p></template>
<form method="post" action-xhr="https://shop.example/f"><input type="text" name="n" required>
<select name="c"><option value="1" selected>1</option></select><textarea name="t"></textarea>
<div submit-success><template type="amp-mustache">{{x}}</template></div></form>
<ul><li>1<li>2</ul><table border="0" width="100%"><tr><td width="5" style="color:red">c</table>
"""
"""A body with a bit of everything, and nothing wrong."""
ODD_VALUES = (
    *("", "x", "1", "-1", "auto", "http://a.ru", "https://a.ru", "//a.ru", "fixed", "fill", "post"),
    *("GET", "tap:a.b", "i-amphtml-x", "toString", "{{x}}", "{{{x}}}", "a{{x}}", "color:red"),
    *("position:fixed", "color:red!important", "50%", "text/html", "amp-mustache", "password"),
)
ODD_ATTRIBUTES = (
    *("onclick=x", "style='color:red'", "style='foo:bar'", "style='color'", "hidden", "hidden=x"),
    *("layout=fill", "layout=container", "width=1", "height=auto", "option=1", "selected"),
    *("[text]=x", "[href]=x", "[value]=y", "data-x=y", "aria-label=z", "aria-foo=z", "on=tap:x.y"),
    *("role=button tabindex=0 on=tap:x.y", "submit-success", "fetch-error", "placeholder"),
    *("id=toString", "id=ok", "align=center", "bgcolor=red", "border=1", "type=text", "name=AMP"),
    *("target=_blank", "rel=nofollow", "rel=stylesheet", "noloading", "heights=x", "template=t"),
    *("class=a", "src=x", "class=i-amphtml-x"),
)
ODD_TAGS = (
    *("p", "div", "span", "img", "amp-img", "section", "template", "form", "nav", "center", "font"),
    *("svg", "iframe", "video", "table", "td", "li", "summary", "optgroup", "select", "amp-foo"),
    *("amp-list", "amp-state", "amp-selector", "amp-accordion", "button", "details", "foo"),
)
ODD_PARTS = (
    *("x", "<b>", "</div>", "<img>", "<p>", "<br>", "<hr>", "<div>x</div>", "<!-- c -->"),
    *("<section></section>", "<template type=amp-mustache></template>", "<link rel=x>"),
    *("<meta name=viewport>", "<meta name=a content=b>", "<script></script>", "<title>t</title>"),
    *("<summary>x</summary>", "<form method=post action-xhr='https://a.ru'></form>", "<svg></svg>"),
    *("<amp-img src='https://a.ru' width=1 height=1></amp-img>", "<input type=password>", "{{x}}"),
    *("<a href='/x'>y</a>", "<amp-state id=z></amp-state>", "<p style='z-index:1000'>", "<?x?>"),
    *("<style></style>", "<textarea></textarea>"),
)

_LISTS: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
BODIES: list[str] = _LISTS["bodies"]
STYLES: list[str] = _LISTS["styles"]
DECLARATIONS: list[str] = _LISTS["declarations"]
FRAMES: list[tuple[str, str]] = [(old, new) for old, new in _LISTS["frames"]]
"""What is replaced in a whole document, and by what."""
ADDRESSES: list[str] = _LISTS["addresses"]
