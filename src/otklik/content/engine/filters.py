"""The Liquid filters that letters may use, each with a bound on what it can cost.

python-liquid's own filters are used where they are harmless. Left out on purpose: `safe` (would
switch escaping off), `base64_*`, `escapejs` and `url_decode` (no use in letters). Replaced: those
whose result can grow as the product of two inputs, and `date`, which asks the system's clock and
hands the format to the C library.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from liquid import RenderContext
from liquid.builtin.filters import array, math, misc, string
from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context
from markupsafe import Markup, escape

from otklik.kit.calendar import MONTHS
from otklik.kit.i18n import Lang, group_digits, plural_form
from otklik.kit.i18n import plural as plural_text

STRING_MAX = 64 * 1024
LIST_MAX = 2_000
NUMBER_MAX = 10**18

Filter = Callable[..., Any]


class ValueTooLarge(FilterArgumentError):
    """A value in a chain of filters passed its bound."""


def _check(value: object, name: str) -> None:
    if isinstance(value, str):
        if len(value) > STRING_MAX:
            raise ValueTooLarge(f"{name}: > {STRING_MAX}", token=None)
    elif isinstance(value, range):
        if value.stop - value.start > LIST_MAX:
            raise ValueTooLarge(f"{name}: > {LIST_MAX}", token=None)
    elif isinstance(value, (list, tuple)):
        if len(value) > LIST_MAX:
            raise ValueTooLarge(f"{name}: > {LIST_MAX}", token=None)
    elif (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and not -NUMBER_MAX <= value <= NUMBER_MAX
    ):
        raise ValueTooLarge(f"{name}: > 10^18", token=None)


def _bounded(name: str, function: Filter) -> Filter:
    """Wrap a filter: refuse inputs and results that are too large."""

    @functools.wraps(function)
    def bounded(value: object, *args: Any, **kwargs: Any) -> Any:
        _check(value, name)
        for argument in args:
            _check(argument, name)
        result = function(value, *args, **kwargs)
        _check(result, name)
        return result

    return bounded


def replace(value: object, old: object, new: object = "") -> str:
    """`{{ x | replace: "a", "b" }}`; refuses before the result is built if it would be too long."""
    text, find, put = _text(value), _text(old), _text(new)
    count = text.count(find) if find else len(text) + 1
    if len(text) + count * max(0, len(put) - len(find)) > STRING_MAX:
        raise ValueTooLarge(f"replace: > {STRING_MAX}", token=None)
    return text.replace(find, put)


def join(value: object, separator: object = " ") -> str:
    items: Iterable[object] = value if isinstance(value, (list, tuple, range)) else [value]
    texts = [_text(item) for item in items]
    glue = _text(separator)
    if sum(map(len, texts)) + len(glue) * len(texts) > STRING_MAX:
        raise ValueTooLarge(f"join: > {STRING_MAX}", token=None)
    if any(isinstance(text, Markup) for text in texts) or isinstance(glue, Markup):
        return escape(glue).join(texts)
    return glue.join(texts)


def split(value: object, separator: object = "") -> list[str]:
    text, glue = _text(value), str(_text(separator))
    if not glue:
        parts: list[str] = list(text[: LIST_MAX + 1])
    elif glue == " ":
        parts = text.split(None, LIST_MAX + 1)
    else:
        parts = [] if not text or text == glue else text.split(glue, LIST_MAX + 1)
    return parts


_TAG = re.compile(r"<[^<>]*>")


def strip_html(value: object) -> str:
    text = _TAG.sub("", str(_text(value)))
    # What was markup of the author before, without its tags, is no less safe.
    return Markup(text) if isinstance(value, Markup) else text  # noqa: S704 -- it was safe before


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)


_DIRECTIVE = re.compile(r"%(-?)([a-zA-Z%])")
_DAYS: dict[Lang, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "ru": ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"),
}
_SHORT_DAYS: dict[Lang, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "ru": ("пн", "вт", "ср", "чт", "пт", "сб", "вс"),
}


_NAMED_FORMS = {
    "long": "%-d %B %Y",
    "day": "%-d %B",
    "time": "%H:%M",
    "full": "%-d %B %Y, %H:%M",
}
_FORMS: dict[Lang, dict[str, str]] = {
    "en": {**_NAMED_FORMS, "short": "%-d %b %Y"},
    "ru": {**_NAMED_FORMS, "short": "%d.%m.%Y"},
}


@with_context
def date_(
    value: object, format_: object = "%d.%m.%Y", language: object = None, *, context: RenderContext
) -> str:
    """`{{ customer.birthday | date: "long" }}`, in the workspace's zone and language.

    Forms: short (15.06.2026 or 15 Jun 2026), long (15 июня 2026), day (15 июня), time (14:05),
    full (15 июня 2026, 14:05), or one's own: "%-d %B". `date: "long", customer.language` takes
    another language. Takes ISO dates and times, seconds since 1970, and "now" (the moment of
    sending). What is no date is returned unchanged, as Liquid does.
    """
    workspace = context.globals.get("workspace")
    settings = workspace if isinstance(workspace, dict) else {}
    if value in ("now", "today"):
        value = context.globals.get("now")
    moment = _moment(value)
    if moment is None:
        return _text(value)
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        moment = moment.astimezone(_zone(str(settings.get("timezone") or "UTC")))
    lang: Lang = "ru" if str(language or settings.get("lang")).startswith("ru") else "en"
    form = _text(format_)
    form = _FORMS[lang].get(form, form)
    return _DIRECTIVE.sub(lambda m: _directive(m, moment, lang), form)


def _directive(match: re.Match[str], moment: datetime | date, lang: Lang) -> str:
    bare, letter = bool(match.group(1)), match.group(2)
    hour = moment.hour if isinstance(moment, datetime) else 0
    minute = moment.minute if isinstance(moment, datetime) else 0
    second = moment.second if isinstance(moment, datetime) else 0
    numbers = {
        "d": (moment.day, 2),
        "m": (moment.month, 2),
        "y": (moment.year % 100, 2),
        "H": (hour, 2),
        "I": ((hour - 1) % 12 + 1, 2),
        "M": (minute, 2),
        "S": (second, 2),
        "j": (moment.timetuple().tm_yday, 3),
    }
    if letter in numbers:
        number, width = numbers[letter]
        return str(number) if bare else f"{number:0{width}d}"
    words = {
        "Y": str(moment.year),
        "e": str(moment.day),
        "B": MONTHS[lang][moment.month - 1],
        "b": MONTHS[lang][moment.month - 1][:3],
        "A": _DAYS[lang][moment.weekday()],
        "a": _SHORT_DAYS[lang][moment.weekday()],
        "p": "PM" if hour >= 12 else "AM",
        "F": f"{moment:%Y-%m-%d}",
        "T": f"{hour:02d}:{minute:02d}:{second:02d}",
        "R": f"{hour:02d}:{minute:02d}",
        "%": "%",
    }
    return words.get(letter, match.group())


def _moment(value: object) -> datetime | date | None:
    if isinstance(value, (datetime, date)):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    text = str(value or "").strip()
    if text.isdigit() and 9 <= len(text) <= 11:
        return datetime.fromtimestamp(int(text), UTC)
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


@functools.lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def plural(value: object, *forms: object) -> str:
    """`{{ n | plural: "day", "days" }}`, `{{ n | plural: "день", "дня", "дней" }}`: the noun for n.

    Two forms follow English rules, three forms Russian ones.
    """
    number = misc.size(value) if isinstance(value, (list, tuple)) else value
    try:
        count = int(float(str(number)))
    except (ValueError, OverflowError):
        count = 0
    if len(forms) == 2:
        return _text(forms[0 if plural_form("en", count) == "one" else 1])
    if len(forms) == 3:
        return _text(forms[("one", "few", "many").index(plural_form("ru", count))])
    raise FilterArgumentError("plural: 2 or 3 forms expected", token=None)


@with_context
def number(value: object, digits: object = 0, *, context: RenderContext) -> str:
    """`{{ 1234567.5 | number: 2 }}` with the separators of the workspace's language."""
    workspace = context.globals.get("workspace")
    lang: Lang = "ru" if isinstance(workspace, dict) and workspace.get("lang") == "ru" else "en"
    try:
        amount = float(str(value))
        places = max(0, min(6, int(str(digits))))
        _check(amount, "number")
        text = f"{abs(amount):.{places}f}"
        whole, _, fraction = text.partition(".")
        sign = "-" if amount < 0 and (int(whole) or int(fraction or 0)) else ""
        grouped = group_digits(lang, int(whole))
    except (ValueError, OverflowError):
        return _text(value)
    return sign + grouped + ((("," if lang == "ru" else ".") + fraction) if fraction else "")


_SYMBOLS = {"RUB": "₽", "USD": "$", "EUR": "€", "GBP": "£", "KZT": "₸", "UAH": "₴", "TRY": "₺"}
_SYMBOLS |= {"CNY": "¥", "JPY": "¥", "INR": "₹", "GEL": "₾", "AMD": "֏", "KGS": "сом", "BYN": "Br"}
_SYMBOLS["RUR"] = _SYMBOLS["RUB"]  # so feeds still call it


@with_context
def money(
    value: object, currency: object = None, language: object = None, *, context: RenderContext
) -> str:
    """`{{ last_order.total | money }}`: 2 500 ₽ or $2,500, by the workspace's settings.

    `money: "EUR"` names another currency, `money: nil, customer.language` another language; a
    fraction is shown where there is one. What is no number is returned unchanged.
    """
    workspace = context.globals.get("workspace")
    settings = workspace if isinstance(workspace, dict) else {}
    code = _text(currency) or _text(settings.get("currency"))
    lang: Lang = "ru" if _text(language or settings.get("lang")).startswith("ru") else "en"
    return money_text(value, code[:10], lang)


def money_text(value: object, currency: str, lang: Lang) -> str:
    """Return an amount with its currency as people of a language write it."""
    try:
        amount = float(str(value))
        _check(amount, "money")
        cents = round(abs(amount) * 100)
    except (ValueError, OverflowError):
        return _text(value)
    whole = group_digits(lang, cents // 100)
    point = "," if lang == "ru" else "."
    text = f"{whole}{point}{cents % 100:02d}" if cents % 100 else whole
    sign = "-" if amount < 0 and cents else ""
    symbol = _SYMBOLS.get(currency.upper(), currency)
    if lang == "en" and len(symbol) == 1 and symbol != "₽":
        return f"{sign}{symbol}{text}"
    return f"{sign}{text}\u00a0{symbol}" if symbol else sign + text


@with_context
def time_left(
    value: object, units: object = "days", done: object = "", *, context: RenderContext
) -> str:
    """`{{ customer.licence_ends | time_left: "days", "It has ended" }}`: "3 days left".

    Counted from the moment of sending; parts of a unit count as one. A day is one of the calendar
    of the workspace where the value is a date without a time. What is no date gives nothing.
    """
    moment, now = _moment(value), _moment(context.globals.get("now"))
    if moment is None or not isinstance(now, datetime):
        return ""
    workspace = context.globals.get("workspace")
    settings = workspace if isinstance(workspace, dict) else {}
    zone = _zone(_text(settings.get("timezone")) or "UTC")
    if not isinstance(moment, datetime):
        # A date lasts until its end.
        moment = datetime.combine(moment, datetime.max.time(), zone)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    seconds = (moment - now).total_seconds()
    if seconds <= 0:
        # A text of the template counts as markup; words of a countdown never are.
        return str(_text(done))
    lang: Lang = "ru" if settings.get("lang") == "ru" else "en"
    if units == "hours":
        count = -int(-seconds // 3600)
        noun = plural_text(lang, count, en=("hour", "hours"), ru=("час", "часа", "часов"))
    else:
        count = -int(-seconds // 86400)
        noun = plural_text(lang, count, en=("day", "days"), ru=("день", "дня", "дней"))
    if lang == "en":
        return f"{group_digits(lang, count)} {noun} left"
    begins = "Остался" if plural_form("ru", count) == "one" else "Осталось"
    return f"{begins} {group_digits(lang, count)} {noun}"


_TAKEN: dict[str, Filter] = {
    "append": string.append,
    "capitalize": string.capitalize,
    "downcase": string.downcase,
    "upcase": string.upcase,
    "escape": string.escape,
    "escape_once": string.escape_once,
    "lstrip": string.lstrip,
    "rstrip": string.rstrip,
    "strip": string.strip,
    "newline_to_br": string.newline_to_br,
    "prepend": string.prepend,
    "remove": string.remove,
    "remove_first": string.remove_first,
    "remove_last": string.remove_last,
    "replace_first": string.replace_first,
    "replace_last": string.replace_last,
    "slice": string.slice_,
    "strip_newlines": string.strip_newlines,
    "squish": string.squish,
    "truncate": string.truncate,
    "truncatewords": string.truncatewords,
    "url_encode": string.url_encode,
    "first": array.first,
    "last": array.last,
    "concat": array.concat,
    "map": array.map_,
    "reverse": array.reverse,
    "sort": array.sort,
    "sort_natural": array.sort_natural,
    "where": array.where,
    "reject": array.reject,
    "find": array.find,
    "has": array.has,
    "uniq": array.uniq,
    "compact": array.compact,
    "sum": array.sum_,
    "abs": math.abs_,
    "at_least": math.at_least,
    "at_most": math.at_most,
    "ceil": math.ceil,
    "floor": math.floor,
    "divided_by": math.divided_by,
    "minus": math.minus,
    "plus": math.plus,
    "times": math.times,
    "modulo": math.modulo,
    "round": math.round_,
    "size": misc.size,
    "default": misc.default,
}
_OWN: dict[str, Filter] = {
    "replace": replace,
    "join": join,
    "split": split,
    "strip_html": strip_html,
    "date": date_,
    "plural": plural,
    "number": number,
    "money": money,
    "time_left": time_left,
}

FILTERS: dict[str, Filter] = {
    name: _bounded(name, function) for name, function in {**_TAKEN, **_OWN}.items()
}


def _unchanged(value: object) -> str:
    return _text(value)


# In a subject or a text part there is nothing to escape, and "<br />" would be shown as letters.
PLAIN_FILTERS: dict[str, Filter] = {
    **FILTERS,
    "escape": _bounded("escape", _unchanged),
    "escape_once": _bounded("escape_once", _unchanged),
    "newline_to_br": _bounded("newline_to_br", _unchanged),
}
