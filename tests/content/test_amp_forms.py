"""What a letter's form asks, and what counts as an answer."""

from __future__ import annotations

import pytest

from otklik.content.amp.examples import EXAMPLES
from otklik.content.amp.forms import AnswerForm, NotAnswered, answer_forms, read_answer
from tests.content.helpers import person


def only(markup: str, **traits: object) -> AnswerForm:
    (form,) = answer_forms(f"<form action-xhr='{{{{ answer_url }}}}'>{markup}</form>",
                           person(**traits))  # fmt: skip
    return form


def test_it_reads_the_example_survey() -> None:
    survey = next(one for one in EXAMPLES if (one.key, one.lang) == ("survey", "ru"))
    (form,) = answer_forms(survey.amp, person())
    assert (form.event, form.title, form.send) == (
        "Ответ на опрос",
        "Как вам последний заказ?",
        "Отправить",
    )
    score, comment = form.fields
    assert (score.name, score.kind, score.label, score.required) == (
        "score",
        "one",
        "Ваша оценка",
        True,
    )
    assert [one.value for one in score.options] == ["5", "4", "3", "2", "1"]
    assert score.options[0].label == "5, отлично"
    assert (comment.name, comment.kind, comment.limit) == ("comment", "long", 1000)
    assert read_answer(form, {"score": ["4"], "comment": [" Спасибо "], "evil": ["x"]}) == {
        "score": 4,
        "comment": "Спасибо",
    }


def test_topics_and_forms_that_lead_elsewhere_are_not_answered_here() -> None:
    topics = next(one for one in EXAMPLES if one.key == "topics")
    assert answer_forms(topics.amp, person()) == []
    assert answer_forms("<form action-xhr='https://a.ru'><input name=a></form>", person()) == []
    assert answer_forms("{% if %}", person()) == []
    assert answer_forms("<form action-xhr='{{ answer_url }}'></form>", person()) == []


def test_it_knows_every_kind_of_field() -> None:
    form = only(
        "<input type=hidden name=event value='  Asked   twice '>"
        "<input type=hidden name=plan value='{{ customer.plan }}'>"
        "<label for=n>Your name</label><input id=n name=name maxlength=5>"
        "<input type=number name=age placeholder=Age>"
        "<label><input type=checkbox name=ok> I agree</label>"
        "<fieldset><legend>Which?</legend><label><input type=checkbox name=t value=a>A</label>"
        "<label>B <input type=checkbox name=t value=b></label></fieldset>"
        "<select name=c><option value=''>Choose<option value=r>Red<option>Blue</select>"
        "<amp-selector name=s><div option=1>One</div><div option=2>Two</div></amp-selector>"
        "<input type=password name=secret><input type=file name=f>"
        "<div submit-success><input name=hidden_away></div><button>Go</button>",
        plan="pro & co",
    )
    assert form.event == "Asked twice"
    assert form.send == "Go"
    kinds = {one.name: (one.kind, one.label, [o.value for o in one.options]) for one in form.fields}
    assert kinds == {
        "plan": ("hidden", "", []),
        "name": ("text", "Your name", []),
        "age": ("number", "Age", []),
        "ok": ("yes", "I agree", ["on"]),
        "t": ("many", "Which?", ["a", "b"]),
        "c": ("one", "", ["r", "Blue"]),
        "s": ("one", "", ["1", "2"]),
    }
    given = {
        "plan": ["forged"],
        "name": ["Alexander"],
        "age": ["1.5"],
        "ok": ["on"],
        "t": ["b", "a", "b"],
        "c": ["Blue"],
        "s": ["2"],
        "secret": ["x"],
    }
    assert read_answer(form, given) == {
        "plan": "pro & co",
        "name": "Alexa",
        "age": 1.5,
        "ok": True,
        "t": ["b", "a"],
        "c": "Blue",
        "s": 2,
    }
    assert read_answer(form, {"name": ["  "]}) == {"plan": "pro & co"}


def test_an_answer_must_be_one_that_the_form_offers() -> None:
    form = only("<label><input type=radio name=m value=1 required>Bad</label>"
                "<label><input type=radio name=m value=2>Good</label>")  # fmt: skip
    assert form.event == "Letter answered"
    for posted in ({}, {"m": ["3"]}, {"m": ["1", "3"]}):
        with pytest.raises(NotAnswered):
            read_answer(form, posted)


def test_a_reader_can_not_be_made_to_tell_of_orders() -> None:
    form = only("<input type=hidden name=event value='Order Completed'><input name=a>")
    assert form.event == "Letter answered"


def test_odd_markup_gives_odd_forms_and_no_error() -> None:
    nested = "<form action-xhr='{{ answer_url }}'><input name=a type=radio><form></form>"
    for markup in (
        "<",
        "<form",
        "<input name=",
        "</form></form>",
        "<label><select name=x>",
        nested,
    ):
        answer_forms(f"<form action-xhr='{{{{ answer_url }}}}'>{markup}", person())
    many = "".join(f"<input name=f{n}>" for n in range(200))
    assert len(only(many).fields) == 50
