"""What a call becomes: persons, events, orders, consents; and what its fields suggest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.ingestion.hooks.bodies import read_body
from otklik.ingestion.hooks.mapping import Made, is_service_check, make, read_call
from otklik.ingestion.hooks.model import (
    HookCondition,
    HookConsentRule,
    HookMapping,
    HookOrder,
    HookOrderLines,
    HookRule,
    HookService,
    Reason,
    StoredCall,
)
from otklik.ingestion.hooks.suggest import leaves, suggest
from otklik.ingestion.judge import judge_item

CALL = UUID("01900000-0000-7000-8000-000000000001")
AT = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"


def made(mapping: HookMapping, tree: dict[str, Any], **more: Any) -> Made:
    given: dict[str, Any] = {
        "call_id": CALL,
        "received": AT,
        "source_name": "Shop",
        "caller_ip": "192.0.2.9",
        "event_bytes_max": 32_768,
    }
    return make(mapping, tree, **{**given, **more})


def rule(path: str, to: Any, name: str = "", type: Any = "auto") -> HookRule:  # noqa: A002 (the field's name)
    return HookRule(path=path.split("/"), to=to, name=name, type=type)


EMAIL = rule("Email", "email")


def test_a_form_becomes_a_person_and_an_event() -> None:
    mapping = HookMapping(
        event="Form Submitted",
        rules=[
            EMAIL,
            rule("Phone", "phone"),
            rule("Name", "trait", "name"),
            rule("age", "trait", "age", "number"),
            rule("utm/source", "property", "utm_source"),
            rule("when", "time"),
            rule("who/id", "external", "crm"),
            rule("page", "page"),
            rule("ip", "ip"),
        ],
    )
    tree = {
        "Email": " Anna@Example.com ",
        "Phone": "8 (912) 345-67-89",
        "Name": "Анна",
        "age": "41",
        "utm": {"source": "vk"},
        "when": "2026-06-14T10:00:00+03:00",
        "who": {"id": 77},
        "page": "https://shop.example/form",
        "ip": "203.0.113.5, 10.0.0.1",
        "unknown": "left out",
    }
    result = made(mapping, tree)
    assert result.reason is None
    assert result.problems == []
    person, event = result.events
    assert person["type"] == "identify"
    assert person["traits"] == {
        "name": "Анна",
        "age": 41,
        "email": "anna@example.com",
        "phone": "+79123456789",
    }
    assert event["event"] == "Form Submitted"
    assert event["properties"] == {"utm_source": "vk"}
    assert event["messageId"] == f"hook:{CALL}:event"
    for one in result.events:
        assert one["timestamp"] == "2026-06-14T07:00:00+00:00"
        assert one["context"]["externalIds"] == [{"type": "crm", "id": "77"}]
        assert one["context"]["page"] == {"url": "https://shop.example/form"}
        assert one["context"]["ip"] == "203.0.113.5"


def test_the_same_call_gives_the_same_events_and_a_changed_mapping_only_a_new_person() -> None:
    tree = {"Email": "a@example.com", "Name": "Anna"}
    first = HookMapping(event="Sent", rules=[EMAIL])
    second = HookMapping(event="Sent", rules=[EMAIL, rule("Name", "trait", "name")])
    assert made(first, tree) == made(first, tree)
    before = [event["messageId"] for event in made(first, tree).events]
    after = [event["messageId"] for event in made(second, tree).events]
    assert before[0] != after[0]
    assert before[1] == after[1]


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        ({"Email": "nothing", "Name": "x"}, Reason.NO_IDENTITY),
        ({"Name": "x"}, Reason.NO_IDENTITY),
        ({"Email": "a@example.com", "Name": "x" * 40_000}, Reason.TOO_LARGE_EVENT),
    ],
)
def test_a_call_that_names_nobody_or_too_much_says_so(tree: dict[str, Any], reason: Reason) -> None:
    mapping = HookMapping(event="Sent", rules=[EMAIL, rule("Name", "trait", "name")])
    result = made(mapping, tree)
    assert result.reason is reason
    assert result.events == []


def test_a_bad_value_is_left_out_and_named() -> None:
    mapping = HookMapping(
        event="Sent",
        rules=[
            EMAIL,
            rule("Phone", "phone"),
            rule("age", "trait", "age", "number"),
            rule("d", "time"),
        ],
    )
    result = made(mapping, {"Email": "a@example.com", "Phone": "12", "age": "old", "d": "later"})
    assert [(p.path, p.code) for p in result.problems] == [
        (["Phone"], "bad_phone"),
        (["age"], "bad_number"),
        (["d"], "bad_date"),
    ]
    assert result.events[0]["traits"] == {"email": "a@example.com"}
    assert result.events[0]["timestamp"] == AT.isoformat()


def test_a_condition_leaves_calls_out() -> None:
    only = HookCondition(path=["status"], value="Paid")
    mapping = HookMapping(event="Sent", rules=[EMAIL], only_if=only)
    person = {"Email": "a@example.com"}
    assert made(mapping, {**person, "status": " paid "}).reason is None
    assert made(mapping, {**person, "status": "new"}).reason is Reason.CONDITION
    assert made(mapping, person).reason is Reason.CONDITION
    other = msgspec.structs.replace(mapping, only_if=msgspec.structs.replace(only, negated=True))
    assert made(other, {**person, "status": "new"}).reason is None


def test_the_event_may_be_named_by_a_field() -> None:
    mapping = HookMapping(event="Other", event_path=["kind"], rules=[EMAIL])
    names = [
        made(mapping, {"Email": "a@example.com", "kind": kind}).events[1]["event"]
        for kind in ("Signed", "  ")
    ]
    assert names == ["Signed", "Other"]


@pytest.mark.parametrize(
    ("value", "own", "granted"),
    [
        ("yes", "", True),
        ("on", "", True),
        (True, "", True),
        ("Да", "", True),
        ("no", "", False),
        (False, "", False),
        (None, "", False),
        ("не согласен", "", False),
        ("I agree to letters", "", False),
        (["I agree to letters", "other"], "i agree to letters", True),
        (["other"], "I agree to letters", False),
    ],
)
def test_only_a_ticked_box_grants(value: Any, own: str, granted: bool) -> None:
    mapping = HookMapping(
        rules=[EMAIL], consents=[HookConsentRule(path=["box"], channel="email", value=own)]
    )
    assert bool(made(mapping, {"Email": "a@example.com", "box": value}).consents) is granted


def test_a_consent_carries_its_proof() -> None:
    mapping = HookMapping(
        rules=[EMAIL, rule("ip", "ip"), rule("url", "page")],
        consents=[HookConsentRule(path=["box"], channel="email")],
    )
    tree = {
        "Email": "a@example.com",
        "box": "yes",
        "ip": "203.0.113.5",
        "url": "https://x.example/f",
    }
    (consent,) = made(mapping, tree).consents
    assert consent.ip == "203.0.113.5"
    assert consent.proof == {
        "source": "Shop",
        "call_id": str(CALL),
        "field": "box",
        "value": "yes",
        "form": "https://x.example/f",
        "sent_from": "192.0.2.9",
    }


TILDA = urlencode(
    {
        "Name": "Анна",
        "Email": "anna@example.com",
        "Phone": "+7 (912) 345-67-89",
        "payment[sys]": "yookassa",
        "payment[orderid]": "1905",
        "payment[products][0][name]": "Кружка",
        "payment[products][0][quantity]": "2",
        "payment[products][0][price]": "300",
        "payment[products][0][amount]": "600",
        "payment[products][0][sku]": "M-1",
        "payment[amount]": "600",
        "COOKIES": '{"_ga":"GA1.1.2"}',
        "utm_source": "vk",
        "formid": "form123",
        "tranid": "1:2",
    }
).encode()


def test_tilda_is_mapped_by_itself_with_its_order() -> None:
    tree = read_body(FORM, TILDA)
    mapping = suggest(HookService.TILDA, tree, currency="RUB", timezone="Europe/Moscow")
    person, event, order = made(mapping, tree).events
    assert person["traits"] == {
        "name": "Анна",
        "email": "anna@example.com",
        "phone": "+79123456789",
    }
    assert event["properties"]["utm_source"] == "vk"
    assert event["properties"]["tranid"] == "1:2"
    assert order["event"] == "Order Completed"
    assert order["properties"] == {
        "order_id": "1905",
        "total": 600,
        "currency": "RUB",
        "products": [{"product_id": "M-1", "name": "Кружка", "price": 300, "quantity": 2}],
    }


def test_a_check_of_tilda_is_no_form() -> None:
    assert is_service_check(HookService.TILDA, {"test": "test"})
    assert not is_service_check(HookService.OTHER, {"test": "test"})
    assert not is_service_check(HookService.TILDA, {"test": "test", "Email": "a@example.com"})


def test_a_quiz_is_mapped_by_its_questions_wherever_they_stand() -> None:
    tree = {
        "contacts": {"name": "Анна", "email": "anna@example.com", "phone": "89123456789"},
        "answers": [
            {"q": "Какой ремонт?", "a": "Косметический"},
            {"q": "Сколько комнат?", "a": ["1", "2"]},
        ],
        "quiz": {"id": "q1", "name": "Ремонт"},
        "extra": {"utm": {"source": "vk", "medium": "cpc"}, "href": "https://quiz.example/"},
    }
    call = StoredCall("application/json", "", {}, msgspec.json.encode(tree), False)
    read = read_call(call)
    assert read["@answers"]["Какой ремонт?"] == "Косметический"
    mapping = suggest(HookService.MARQUIZ, read, currency="RUB", timezone="UTC")
    person, event = made(mapping, read).events
    assert person["traits"]["email"] == "anna@example.com"
    assert person["traits"]["name"] == "Анна"
    assert event["event"] == "Quiz Completed"
    assert event["context"]["page"] == {"url": "https://quiz.example/"}
    assert event["properties"]["utm_source"] == "vk"
    assert event["properties"]["utm_medium"] == "cpc"
    assert event["properties"]["какой_ремонт?"] == "Косметический"


def test_the_script_of_google_forms_is_understood() -> None:
    tree = {
        "form": {"id": "f", "title": "Заявка"},
        "response_id": "r1",
        "submitted_at": "2026-06-15T09:00:00.000Z",
        "respondent_email": "anna@example.com",
        "answers": {"Ваше имя": "Анна", "Телефон": "89123456789", "Что нужно": ["А", "Б"]},
    }
    mapping = suggest(HookService.GOOGLE_FORMS, tree, currency="RUB", timezone="UTC")
    person, event = made(mapping, tree).events
    assert person["traits"]["email"] == "anna@example.com"
    assert person["traits"]["phone"] == "+79123456789"
    assert person["traits"]["first_name"] == "Анна"
    assert event["properties"]["что_нужно"] == ["А", "Б"]
    assert event["timestamp"] == "2026-06-15T09:00:00+00:00"


def test_an_order_that_cannot_be_read_is_named_and_the_form_goes_on() -> None:
    order = HookOrder(
        order_id=["id"], total=["sum"], lines=HookOrderLines(path=["lines"], name="n")
    )
    mapping = HookMapping(event="Sent", rules=[EMAIL], order=order)
    tree = {"Email": "a@example.com", "id": "x" * 300, "sum": "much", "lines": "none"}
    result = made(mapping, tree)
    assert [event.get("event") for event in result.events] == [None, "Sent"]
    assert {problem.code for problem in result.problems} == {
        "bad_number",
        "not_a_list",
        "bad_order_id",
    }


def test_lines_of_an_order_may_be_plain_texts() -> None:
    order = HookOrder(
        order_id=["id"], lines=HookOrderLines(path=["lines"], name="n"), currency="RUB"
    )
    mapping = HookMapping(rules=[EMAIL], order=order)
    tree = {"Email": "a@example.com", "id": 5, "lines": ["Mug", {"n": "Plate"}, 7, {}]}
    told = made(mapping, tree).events[1]["properties"]
    assert told["products"] == [{"name": "Mug", "quantity": 1}, {"name": "Plate", "quantity": 1}]


JSON_TREE = st.dictionaries(
    st.text(min_size=1, max_size=8),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
        ),
        max_leaves=15,
    ),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(JSON_TREE, st.sampled_from(list(HookService)))
def test_no_call_breaks_suggesting_or_mapping_and_every_event_is_good(
    tree: dict[str, Any], service: HookService
) -> None:
    body = msgspec.json.encode({**tree, "contact_email": "anna@example.com"})
    read = read_call(StoredCall("application/json", "", {}, body, False))
    assert all(leaf.path for leaf in leaves(read))
    mapping = suggest(service, read, currency="RUB", timezone="UTC")
    result = made(mapping, read)
    for event in result.events:
        raw = msgspec.json.encode({**event, "userId": event.get("userId", "u")})
        assert judge_item(raw, kind=None, event_bytes_max=32_768) is None


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(JSON_TREE, st.lists(st.lists(st.text(max_size=4), min_size=1, max_size=3), max_size=5))
def test_any_rules_on_any_call_end_well(tree: dict[str, Any], paths: list[list[str]]) -> None:
    targets = ["trait", "property", "time", "ip", "page", "user_id", "external", "phone"]
    types: list[Any] = ["auto", "text", "number", "date", "bool", "list"]
    rules = [
        HookRule(path=path, to=targets[i % 8], name=f"n{i}", type=types[i % 6])  # type: ignore[arg-type]  # the list holds targets
        for i, path in enumerate([*paths, *([key] for key in tree)])
    ]
    consents = [HookConsentRule(path=path, channel="email") for path in paths]
    made(HookMapping(event="Sent", rules=rules, consents=consents), tree)
