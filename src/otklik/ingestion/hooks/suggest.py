"""What the fields of a call probably mean, by their names and values. Pure.

What is published of the services' formats, and what is not:

- Tilda: POST of a form; test=test when it is connected; cookies as a field where allowed
  (https://help-ru.tilda.cc/formsscript). Orders come as payment[orderid], payment[amount] and
  payment[products][0][name|quantity|price|amount|sku], as public receivers of its calls read them.
- Google Forms: the body is that of the script which the interface shows; the form's answers are
  read by FormResponse.getItemResponses(), getRespondentEmail(), getTimestamp(), getId()
  (https://developers.google.com/apps-script/reference/forms/form-response).
- Zapier: a POST as form or JSON with the fields its user chose
  (https://help.zapier.com/hc/en-us/articles/8496326446989-Send-webhooks-in-Zaps).
- Botmother: only JSON, with the fields its user chose, at most 1 MB
  (https://docs.botmother.ru/article/41039).
- Marquiz: its format was found nowhere in public. Nothing here relies on one: lists of question
  and answer, contacts and UTM marks are recognised by their names wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from otklik.ingestion.hooks.model import (
    DEPTH_MAX,
    HookMapping,
    HookOrder,
    HookOrderLines,
    HookRule,
    HookService,
    Target,
)
from otklik.ingestion.imports.recognise import is_email
from otklik.profiles.public import Refusal, normalise

LEAVES_MAX = 400
_LIST_SHOWN = 3
_SAMPLE_CHARS = 300

EVENT_NAMES: dict[HookService, str] = {
    HookService.TILDA: "Form Submitted",
    HookService.GOOGLE_FORMS: "Form Submitted",
    HookService.MARQUIZ: "Quiz Completed",
    HookService.ZAPIER: "Zap Received",
    HookService.BOTMOTHER: "Bot Request",
    HookService.OTHER: "Webhook Received",
}

_TARGETS: dict[str, tuple[Target, str]] = {
    **dict.fromkeys(
        ("email", "mail", "emailaddress", "почта", "электроннаяпочта", "адресэлектроннойпочты"),
        ("email", ""),
    ),
    **dict.fromkeys(
        ("phone", "phonenumber", "mobile", "tel", "телефон", "номертелефона", "вашномер"),
        ("phone", ""),
    ),
    **dict.fromkeys(("userid", "customerid", "clientid"), ("user_id", "")),
    **dict.fromkeys(("ajsanonymousid", "anonymousid"), ("anonymous_id", "")),
    **dict.fromkeys(("firstname", "имя", "вашеимя"), ("trait", "first_name")),
    **dict.fromkeys(("lastname", "surname", "фамилия"), ("trait", "last_name")),
    **dict.fromkeys(("name", "fullname", "фио"), ("trait", "name")),
    **dict.fromkeys(("city", "город"), ("trait", "city")),
    **dict.fromkeys(("company", "компания"), ("trait", "company")),
    **dict.fromkeys(("birthday", "birthdate", "датарождения"), ("trait", "birthday")),
    **dict.fromkeys(("ip", "userip", "clientip", "remoteaddr"), ("ip", "")),
    **dict.fromkeys(("page", "pageurl", "formurl", "href", "url", "referer"), ("page", "")),
    **dict.fromkeys(("submittedat", "createdat", "timestamp", "senttime"), ("time", "")),
}
_ONCE: frozenset[str] = frozenset(
    {"user_id", "anonymous_id", "email", "phone", "ip", "page", "time"}
)
# Headers that tell of the calling program, never of a person.
_OF_THE_PROGRAM = frozenset({"content-type", "user-agent"})
_NUMBER_KEYS = frozenset({"orderid", "ordernumber", "orderno", "number", "номерзаказа"})
_TOTAL_KEYS = ("amount", "total", "sum", "ordertotal", "сумма", "итого", "subtotal")
_LINE_KEYS: dict[str, tuple[str, ...]] = {
    "product_id": ("sku", "productid", "article", "externalid", "id", "артикул"),
    "name": ("name", "title", "product", "productname", "товар", "название"),
    "price": ("price", "unitprice", "цена", "cost"),
    "quantity": ("quantity", "qty", "count", "количество"),
    "category": ("category", "категория"),
}


LeafType = Literal["text", "number", "yes_no", "values", "list", "object", "empty"]


class HookField(msgspec.Struct, frozen=True, kw_only=True):
    """One place of a call, as the interface shows it. `lines`: names of fields in a list's rows."""

    path: list[str]
    type: LeafType
    sample: str
    lines: list[str] = []


def leaves(tree: dict[str, Any]) -> list[HookField]:
    """Return the places of a call in their order; of long lists the first items."""
    found: list[HookField] = []
    for leaf in _walk(tree, []):
        if leaf.path[0] == "@headers" and leaf.path[-1] in _OF_THE_PROGRAM:
            continue
        found.append(leaf)
        if len(found) >= LEAVES_MAX:
            break
    return found


def _walk(value: Any, path: list[str]) -> Iterator[HookField]:
    if isinstance(value, dict) and value and len(path) < DEPTH_MAX:
        for key, child in value.items():
            yield from _walk(child, [*path, key])
        return
    if isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        names = {key: None for one in value[:20] if isinstance(one, dict) for key in one}
        yield HookField(path=path, type="list", sample=str(len(value)), lines=list(names)[:50])
        for place, child in enumerate(value[:_LIST_SHOWN]):
            yield from _walk(child, [*path, str(place)])
        return
    if path:
        yield HookField(path=path, type=_type(value), sample=_sample(value))


def suggest(
    service: HookService, tree: dict[str, Any], *, currency: str, timezone: str, region: str = "RU"
) -> HookMapping:
    """Return the mapping that a call suggests; consents are never suggested, only declared."""
    rules: list[HookRule] = []
    taken: set[tuple[str, str]] = set()
    order = _order(tree, [], currency)
    skipped = _order_places(order)
    for leaf in leaves(tree):
        inside = any(leaf.path[: len(place)] == place for place in skipped)
        if inside or leaf.type in {"list", "object"} or not _is_told(leaf.path):
            continue
        rule = _rule(leaf, taken, region)
        if rule is not None:
            taken.add((rule.to, rule.name))
            rules.append(rule)
    return HookMapping(
        event=EVENT_NAMES[service], rules=rules, order=order, timezone=timezone, phone_region=region
    )


def _is_told(path: list[str]) -> bool:
    """Headers tell of the program that calls; pairs of a quiz are taken by their questions."""
    return path[0] != "@headers" and not any(key.isdigit() for key in path)


def _rule(leaf: HookField, taken: set[tuple[str, str]], region: str) -> HookRule | None:
    key = leaf.path[-1]
    parents = [_bare(one) for one in leaf.path[:-1]]
    to, name = _TARGETS.get(_bare(key), ("property", ""))
    if "utm" in parents:
        to, name = "property", "utm_" + key.removeprefix("utm_")
    elif to == "property" and leaf.type in {"text", "values"}:
        to = _by_value(leaf.sample, _bare(key), region)
    if to == "page" and not leaf.sample.startswith(("http://", "https://")):
        to = "property"
    if to == "time" and not re.match(r"\d{4}-\d\d-\d\d[T ]|\d{10}(\d{3})?\Z", leaf.sample):
        to = "property"
    if to in _ONCE and (to, "") in taken:
        to = "property"
    if to in {"trait", "property"} and not name:
        name = _slug(key)
    if (to, name) in taken:
        return None
    return HookRule(path=leaf.path, to=to, name=name, type="date" if name == "birthday" else "auto")


def _by_value(sample: str, key: str, region: str) -> Target:
    if is_email(sample):
        return "email"
    # Many numbers look like phones; only a name that speaks of one makes it one.
    if re.search(r"phone|тел|whatsapp|мобил", key):
        found = normalise("phone", sample, region)
        if not isinstance(found, Refusal):
            return "phone"
    return "property"


def _order(value: Any, path: list[str], currency: str) -> HookOrder | None:
    if not isinstance(value, dict) or len(path) > 3:
        return None
    by_name = {_bare(key): key for key in value if not key.startswith("@")}
    number = next((by_name[key] for key in by_name if key in _NUMBER_KEYS), None)
    total = next((by_name[key] for key in _TOTAL_KEYS if key in by_name), None)
    lines = next(
        (made for key in value if (made := _order_lines(value[key], [*path, key])) is not None),
        None,
    )
    if number is not None and (lines is not None or total is not None):
        return HookOrder(
            order_id=[*path, number],
            total=[*path, total] if total else None,
            currency=currency,
            currency_path=[*path, by_name["currency"]] if "currency" in by_name else None,
            lines=lines,
        )
    for key, child in value.items():
        if not key.startswith("@") and (found := _order(child, [*path, key], currency)) is not None:
            return found
    return None


def _order_lines(value: Any, path: list[str]) -> HookOrderLines | None:
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return None
    by_name = {_bare(key): key for key in value[0]}
    found = {
        ours: next((by_name[key] for key in keys if key in by_name), "")
        for ours, keys in _LINE_KEYS.items()
    }
    return HookOrderLines(path=path, **found) if found["name"] and found["price"] else None


def _order_places(order: HookOrder | None) -> list[list[str]]:
    if order is None:
        return []
    places = [order.order_id]
    places += [path for path in (order.total, order.currency_path) if path is not None]
    return places + ([order.lines.path] if order.lines is not None else [])


def _bare(key: str) -> str:
    return re.sub(r"[\W_]+", "", key.lower())


def _slug(key: str) -> str:
    name = re.sub(r"\s+", "_", key.strip().lower())
    return name.replace(".", "_").replace(":", "_")[:100] or "value"


def _type(value: Any) -> LeafType:
    if isinstance(value, bool):
        return "yes_no"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return "values"
    if isinstance(value, dict):
        return "object"
    return "text" if value is not None else "empty"


def _sample(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)[:_SAMPLE_CHARS]
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, dict):
        return ""
    return str(value)[:_SAMPLE_CHARS]
