"""The check of AMP parts against the published rules of AMP for Email."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.content.amp.check import check_amp
from otklik.content.amp.examples import EXAMPLES, AmpExample
from otklik.content.amp.forms import answer_forms
from otklik.content.amp.texts import ADVICE, BREAKING
from otklik.content.engine.problems import CODES
from otklik.content.public import (
    LetterBroken,
    Tracking,
    bare_traits,
    check_letter,
    compile_letter,
    render,
)
from tests.content.helpers import html, person

HEAD = """<!doctype html>
<html ⚡4email data-css-strict>
<head>
<meta charset="utf-8">
<script async src="https://cdn.ampproject.org/v0.js"></script>
{scripts}<style amp4email-boilerplate>body{visibility:hidden}</style>
<style amp-custom>{style}</style>
</head>
<body>
"""
BODY_LINE = 11


def part(
    body: str = "<p>Hello</p>", *, style: str = "", scripts: tuple[str, ...] = (), head: str = HEAD
) -> str:
    """Return an AMP part whose body begins on line BODY_LINE."""
    loaded = "".join(
        f'<script async custom-{"template" if name == "amp-mustache" else "element"}="{name}" '
        f'src="https://cdn.ampproject.org/v0/{name}-{version}.js"></script>'
        for name, _, version in (one.partition(":") for one in scripts)
    )
    filled = head.replace("{scripts}", loaded + "\n").replace("{style}", style)
    return filled + body + "\n</body>\n</html>\n"


def found(amp: str) -> set[str]:
    return {one.code for one in check_amp(amp)} - {"amp_not_shown"}


FORM = ("amp-form:0.1",)
MUSTACHE = ("amp-mustache:0.2",)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.key}-{one.lang}")
def test_it_has_nothing_to_say_of_the_examples(example: AmpExample) -> None:
    source = msgspec.structs.replace(html("x"), amp=example.amp)
    problems = check_letter(source, context=person() | {"answer_url": "https://shop.example/a/t"})
    assert [one.code for one in problems if one.part == "amp"] == []
    made = render(compile_letter(source), person(first_name="Ann"))
    # What is sent passes as well, without Liquid in it; the braces left are the mail service's.
    assert "{%" not in made.amp
    sent = made.amp.replace('"/topics"', '"https://x.example/topics"')
    sent = sent.replace('action-xhr=""', 'action-xhr="https://x.example"')
    kept = re.sub(r"\{\{.*?\}\}", r"{% raw %}\g<0>{% endraw %}", sent)
    assert found(kept) <= {"amp_form_elsewhere"}


def test_it_takes_what_the_rules_allow() -> None:
    style = """
      /* a } in a comment, and "{" in a string */
      a > b ~ c, .x[type="}"]:not(.y):nth-child(2n) { color: red; z-index: -100 }
      @media only screen and (max-width: 600px) { h1 { font-size: 12px; transition: opacity 1s } }
      .u { background-image: url("https://shop.example/a.png"); -webkit-appearance: none }
    """
    body = """
      <!-- a comment -->
      <a href="https://shop.example/?a=1&amp;b=2" target="_blank">x</a><a href="mailto:a@b.ru">m</a>
      <amp-img src="https://shop.example/a.png" width="10" height="20" alt=""></amp-img>
      <amp-img src="https://shop.example/a.png" layout="fill" alt=""></amp-img>
      <amp-state id="s"><script type="application/json">{"open": true}</script></amp-state>
      <p [text]="s.open" [hidden]="!s.open" data-x="1" aria-label="l">text</p>
      <button on="tap:AMP.setState({s: {open: false}}),box.toggleVisibility">x</button>
      <div id="box" role="button" tabindex="0" on="tap:box.hide;collapse:box.show">y</div>
      <amp-accordion><section expanded><h2>H</h2><div>D</div></section></amp-accordion>
      <amp-selector name="s"><td option="1" selected>1</td><b option="2">2</b></amp-selector>
      <ul><li>1<li>2</ul><table><tr><td width="5">c</table>
    """
    amp = part(body, style=style, scripts=("amp-bind:0.1", "amp-accordion:0.1", "amp-selector:0.1"))
    assert check_amp(amp) == []
    assert check_amp(part(head=HEAD.replace("⚡4email", "amp4email"))) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<img src='https://a.ru/i.png'>", "amp_tag"),
        ("<iframe></iframe>", "amp_tag"),
        ("<video></video>", "amp_tag"),
        ("<object></object>", "amp_tag"),
        ("<amp-pixel src='https://a.ru/p'></amp-pixel>", "amp_tag"),
        ("<amp-ad></amp-ad>", "amp_tag"),
        ("<link rel='stylesheet' href='https://a.ru/s.css'>", "amp_tag"),
        ("<p onclick='x()'>a</p>", "amp_attribute"),
        ("<a name='x'>a</a>", "amp_attribute"),
        ("<a [href]='x'>a</a>", "amp_attribute"),
        ("<amp-img srcset='x' src='https://a.ru/i' width=1 height=1></amp-img>", "amp_attribute"),
        ("<amp-img src='https://a.ru/i'></amp-img>", "amp_size"),
        ("<amp-img src='https://a.ru/i' layout=responsive width=auto height=2></amp-img>",
         "amp_size"),
        ("<amp-img src='https://a.ru/i' layout=container></amp-img>", "amp_layout"),
        ("<amp-img src='http://a.ru/i' width=1 height=1></amp-img>", "amp_https"),
        ("<amp-img src='i.png' width=1 height=1></amp-img>", "amp_https"),
        ("<amp-img width=1 height=1></amp-img>", "amp_attribute_missing"),
        ("<a href='/sale'>a</a>", "amp_link"),
        ("<a href='ftp://a.ru'>a</a>", "amp_link"),
        ("<a href='https://a.ru/?__amp_source_origin=x'>a</a>", "amp_source_origin"),
        ("<style>p{}</style>", "amp_head_only"),
        ("<script>alert(1)</script>", "amp_script"),
        ("<p style='position: fixed'>a</p>", "amp_css_position"),
        ("<p style='z-index: 1000'>a</p>", "amp_css_value"),
        ("<p style='color: red !important'>a</p>", "amp_css_important"),
        ("<p style='behavior: x'>a</p>", "amp_css_property"),
        (f"<p style='color: {'x' * 1000}'>a</p>", "amp_inline_style_too_large"),
        ("<button on='tap:AMP.navigateTo(url=\"https://a.ru\")'>a</button>", "amp_action"),
        ("<button on='tap'>a</button>", "amp_on"),
        ("<button on='tap:nobody.hide'>a</button>", "amp_target"),
        ("<div on='tap:AMP.setState({a: 1})'>a</div>", "amp_tap_role"),
        ("<div><p>a</div></section>", "amp_unclosed"),
        ("<div>", "amp_unclosed"),
        ("<amp-accordion></amp-accordion>", "amp_script_missing"),
        ("<amp-accordion><div>a</div></amp-accordion>", "amp_place"),
        ("<amp-sidebar></amp-sidebar>", "amp_layout"),
        ("<amp-autocomplete><input></amp-autocomplete>", "amp_attribute_missing"),
        ("<script type='application/json'>{}</script>", "amp_script"),
        ("<amp-state id=a><script type='application/json'>{</script></amp-state>", "amp_json"),
        ("<p [text]='a'>a</p>", "amp_script_wanted"),
        ("<p>{% raw %}<b {{#a}}hidden{{/a}}>{% endraw %}</b></p>", "amp_attribute"),
        ("<summary>a</summary>", "amp_parent"),
        ("<ol type=x></ol>", "amp_attribute_value"),
        ("<p id=toString></p>", "amp_reserved"),
        ("<?x?>", "amp_tag"),
        ("<script/>", "amp_self_closed"),
        ("<p id='i-amphtml-x'>a</p>", "amp_reserved"),
    ],
)  # fmt: skip
def test_it_finds_what_a_body_may_not_have(body: str, code: str) -> None:
    problems = [one for one in check_amp(part(body)) if one.code == code]
    assert problems, found(part(body))
    assert {one.part for one in problems} == {"amp"}
    assert {one.level for one in problems} == {"warning"}
    if code not in ("amp_script_missing", "amp_unclosed"):
        assert problems[0].line == BODY_LINE


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<form method=post action-xhr='http://a.ru'></form>", "amp_https"),
        ("<form method=post action-xhr='/a'></form>", "amp_https"),
        ("<form method=post></form>", "amp_attribute_missing"),
        ("<form method=put action-xhr='https://a.ru'></form>", "amp_attribute_value"),
        ("<form method=post action='https://a.ru' action-xhr='https://a.ru'></form>",
         "amp_attribute"),
        ("<form method=post target=_top action-xhr='https://a.ru'></form>", "amp_attribute"),
        ("<form method=post action-xhr='{% raw %}{{url}}{% endraw %}'></form>",
         "amp_mustache_address"),
        ("<form method=post action-xhr='https://a.ru'><form></form></form>",
         "amp_form_nested"),
        ("<form method=get action-xhr='{{ answer_url }}'></form>", "amp_form_get"),
        ("<form></form>", "amp_form_nowhere"),
        ("<form method=post action-xhr='https://a.ru'><input type=password></form>",
         "amp_attribute_value"),
        ("<form method=post action-xhr='https://a.ru'><input type=file></form>",
         "amp_attribute_value"),
        ("<form method=post action-xhr='https://a.ru'></form>", "amp_form_elsewhere"),
        ("<form method=post action-xhr='{{ answer_url }}'></form>", "amp_form_event"),
        ("<form method=post action-xhr='{{ answer_url }}'>"
         "<input type=hidden name=event value='Order Completed'></form>", "amp_form_reserved"),
        ("<form method=post action-xhr='https://a.ru'><div submitting>"
         "<template type=amp-mustache>x</template></div></form>", "amp_place"),
        ("<template type=amp-mustache><template type=amp-mustache></template></template>",
         "amp_place"),
        ("<template type=other></template>", "amp_attribute_value"),
        ("<template type=amp-mustache>{% raw %}<input {{#a}}checked{{/a}}>{% endraw %}</template>",
         "amp_attribute"),
        ("<template type=amp-mustache>{% raw %}<a href='{{a}}{{b}}'>x</a>{% endraw %}</template>",
         "amp_mustache_address"),
    ],
)  # fmt: skip
def test_it_knows_forms_and_templates(body: str, code: str) -> None:
    assert code in found(part(body, scripts=(*FORM, *MUSTACHE)))


def test_it_lets_a_template_have_one_value_for_an_address() -> None:
    inside = "<a href='{{link}}'>x</a><amp-img src='{{pic}}' width=1 height=1></amp-img>"
    body = f"{{% raw %}}<template type=amp-mustache>{inside}</template>{{% endraw %}}"
    assert found(part(body, scripts=MUSTACHE)) == set()


@pytest.mark.parametrize(
    ("style", "code"),
    [
        ("p{color:red!important}", "amp_css_important"),
        ("@import url(https://a.ru/s.css);", "amp_css_rule"),
        ("@font-face{font-family:x}", "amp_css_rule"),
        ("@keyframes x{from{opacity:0}}", "amp_css_rule"),
        ("@supports (display:flex){p{color:red}}", "amp_css_rule"),
        ("@media (prefers-color-scheme:dark){p{color:red}}", "amp_css_media"),
        ("@media print{p{color:red}}", "amp_css_media"),
        ("p{position:fixed}", "amp_css_position"),
        ("p{z-index:101}", "amp_css_value"),
        ("p{transition:color 1s}", "amp_css_value"),
        ("p{cursor:help}", "amp_css_value"),
        ("p{animation:x 1s}", "amp_css_property"),
        ("p{--x:1}", "amp_css_property"),
        ("p{background:url(http://a.ru/i.png)}", "amp_css_url"),
        ("p{background:url(data:image/png;base64,AA)}", "amp_css_url"),
        ("p::before{color:red}", "amp_css_selector"),
        ("p:before{color:red}", "amp_css_selector"),
        ("p[href]{color:red}", "amp_css_selector"),
        (".i-amphtml-x{color:red}", "amp_css_reserved"),
        ("p{color:red", "amp_css_unclosed"),
        ("p{background:url(i.png)}", "amp_css_relative"),
        ("@media (width:1px{}", "amp_css_syntax"),
        ("a > > b{color:red}", "amp_css_selector"),
        ("p{color:red}}", "amp_css_syntax"),
        ("p{color}", "amp_css_syntax"),
        ("p", "amp_css_syntax"),
        ("<!-- p{color:red} -->", "amp_css_comment"),
        ("p{color:red}" + " " * 75_000, "amp_style_too_large"),
    ],
)
def test_it_reads_styles_strictly(style: str, code: str) -> None:
    problems = [one for one in check_amp(part(style=f"\n{style}\n")) if one.code == code]
    assert problems, found(part(style=style))
    if code not in ("amp_style_too_large", "amp_css_syntax", "amp_css_comment"):
        assert problems[0].line == 9


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("<!doctype html>\n", ""), "amp_doctype"),
        (("<!doctype html>", "<!doctype html PUBLIC 'x'>"), "amp_doctype"),
        ((" ⚡4email", ""), "amp_html_mark"),
        ((" data-css-strict", ""), "amp_not_strict"),
        (('<meta charset="utf-8">', ""), "amp_missing"),
        (('<meta charset="utf-8">', '<meta charset="koi8-r">'), "amp_attribute_value"),
        (("v0.js", "v1.js"), "amp_missing"),
        (("<script async src", "<script src"), "amp_script"),
        (("body{visibility:hidden}", "body{display:none}"), "amp_boilerplate"),
        (("<style amp4email-boilerplate>body{visibility:hidden}</style>\n", ""), "amp_missing"),
        (("<style amp-custom>", "<style>"), "amp_attribute_missing"),
        (("</head>", "<style amp-custom></style></head>"), "amp_twice"),
        (("<body>", ""), "amp_missing"),
        (('<meta charset="utf-8">\n<script', '<script async src="https://cdn.ampproject.org/v0.js">'
          '</script><meta charset="utf-8"><script'), "amp_charset"),
        (("<html ⚡4email", "<html ⚡4email actions"), "amp_attribute"),
    ],
)  # fmt: skip
def test_it_asks_for_the_frame_of_the_document(change: tuple[str, str], code: str) -> None:
    amp = part()
    assert change[0] in amp
    assert code in found(amp.replace(*change))


def test_scripts_are_those_of_amp_in_versions_that_letters_may_use() -> None:
    assert "amp_script" in found(part(scripts=("amp-form:latest",)))
    assert "amp_script" in found(part(scripts=("amp-mustache:0.3",)))
    assert "amp_script" in found(part(scripts=("amp-video:0.1",)))
    assert "amp_script_unused" in found(part(scripts=("amp-carousel:0.1",)))
    assert "amp_script_unused" not in found(part(scripts=("amp-form:0.1",)))
    assert "amp_twice" in found(part(scripts=("amp-list:0.1", "amp-list:0.1")))
    assert "amp_twice" not in found(part(scripts=("amp-form:0.1", "amp-form:0.1")))
    bare = part().replace("</head>", '<script async custom-element="amp-form"></script></head>')
    assert found(bare) == {"amp_script_no_src"}


def test_it_sums_up_what_keeps_a_part_from_being_shown() -> None:
    problems = check_amp(part("<img><video></video>"))
    total = next(one for one in problems if one.code == "amp_not_shown")
    assert total.facts == {"count": "2"}
    assert total.message("ru").startswith("Нарушений правил в AMP-версии: 2.")
    assert "amp_unfinished" in found(part().replace("</html>", "") + "<div ")
    assert "amp_too_large" in found(part("x" * 200_000))
    many = check_amp("<img>" * 5_000)
    assert len(many) == 201
    assert int(many[-1].facts["count"]) > 5_000
    assert set(BREAKING) | set(ADVICE) <= CODES
    assert not set(BREAKING) & set(ADVICE)


def test_liquid_may_stand_anywhere_and_lines_stay_the_authors() -> None:
    body = (
        "{% if customer.city ==\n'x' %}\n"
        "<p class='{{ customer.city }}'{% if a %} hidden{% endif %}>"
        "\n<amp-img src='{{ customer.pic }}' width={{ customer.w }} height=3></amp-img>\n"
        "</p>{% endif %}\n<img>"
    )
    style = "{% if a %}p{color:{{ customer.colour }} }{% endif %} .a{ {{ customer.x }}:1px}"
    problems = check_amp(part(body, style=style))
    assert [(one.code, one.line) for one in problems if one.code != "amp_not_shown"] == [
        ("amp_tag", BODY_LINE + 5)
    ]


def test_a_letter_with_broken_liquid_in_its_amp_part_is_broken() -> None:
    source = msgspec.structs.replace(html("x"), amp=part("{% if %}"))
    problems = [one for one in check_letter(source) if one.part == "amp"]
    assert [(one.code, one.level, one.line) for one in problems] == [
        ("liquid_missing", "error", BODY_LINE)
    ]
    with pytest.raises(LetterBroken):
        compile_letter(source)


def test_the_check_says_what_only_this_program_knows() -> None:
    source = msgspec.structs.replace(
        html("x"),
        amp=part(
            "<template type=amp-mustache>{{ message }}</template>"
            "<form method=post action-xhr='{{ answer_url }}'>"
            "<input type=hidden name=event value=Asked></form>",
            scripts=(*FORM, *MUSTACHE),
        ),
    )
    context = person() | {"answer_url": "http://localhost:8000/a/t"}
    said = {one.code for one in check_letter(source, context=context) if one.part == "amp"}
    assert said == {
        "amp_liquid_in_template",
        "unknown_variable",
        "amp_no_unsubscribe",
        "amp_answer_http",
    }


def test_the_part_is_made_for_a_person_and_tracked_like_the_others() -> None:
    body = (
        "<p>{{ customer.first_name }}</p>"
        "<a href='https://shop.ru/sale'>Sale</a><a href='https://shop.ru/amp'>Only here</a>"
        "<a href={{ unsubscribe_url }}>Out</a>"
        "{% raw %}<template type=amp-mustache><a href='{{url}}'>{{name}}</a>"
        "<a href='https://shop.ru/raw'>x</a></template>{% endraw %}"
    )
    plain = html('<a href="https://shop.ru/sale">Sale</a><a href="https://shop.ru/new">New</a>')
    source = msgspec.structs.replace(plain, amp=part(body, scripts=MUSTACHE))
    compiled = compile_letter(source)
    # An AMP part takes no number from the links that were there before.
    assert [one.url for one in compiled.links] == [
        *(one.url for one in compile_letter(plain).links),
        "https://shop.ru/amp",
        "https://shop.ru/raw",
    ]
    tracking = Tracking(
        link=lambda index, url: f"https://t.ru/{index}", pixel_url="https://t.ru/o.gif"
    )
    made = render(compiled, person(first_name="<Ann>"), tracking)
    assert "<p>&lt;Ann&gt;</p>" in made.amp
    assert "<a href='https://t.ru/0'>Sale</a><a href='https://t.ru/3'>Only here</a>" in made.amp
    assert '<a href="https://shop.example/u/token">Out</a>' in made.amp
    assert "<a href='{{url}}'>{{name}}</a><a href='https://t.ru/4'>x</a>" in made.amp
    pixel = '<amp-img src="https://t.ru/o.gif" width="1" height="1" layout="fixed" alt="">'
    assert made.amp.count(pixel) == 1
    assert made.amp.index(pixel) < made.amp.index("</body>")
    # Nothing else was touched.
    assert made.amp.startswith(part(body, scripts=MUSTACHE)[:300])
    bare = render(compiled, person(), Tracking(pixel_url="http://t.ru/o.gif"))
    assert "o.gif" not in bare.amp
    assert bare_traits(compiled) == {"first_name"}
    empty = msgspec.structs.replace(plain, amp=" \n")
    assert render(compile_letter(empty), person()).amp_mixture is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *("<style amp-custom>", "</style>", "<form ", "</form>", "<div ", "<template>"),
                *("on=tap:a.b(c=1)", "<amp-img ", "<!--", "-->", "@media", "url(", "a", "style='"),
                *("<script type=application/json>", "[x]", "<html ", "<input name=event "),
                *"<>/='\" ;:{}()@.#\n",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_no_source_is_too_odd_for_the_check(odd: str) -> None:
    odd = re.sub(r"\{(?=[{%])", "", odd)  # unfinished Liquid is found before
    for amp in (odd, part(odd), part(style=odd)):
        lines = amp.count("\n") + 1
        assert all(one.line is None or 1 <= one.line <= lines for one in check_amp(amp))
        answer_forms(amp, person())


def test_the_reference_names_every_rule() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/amp-rules.md").read_text(encoding="utf-8")
    for code in [*BREAKING, *ADVICE]:
        assert f"`{code}`" in page, code
