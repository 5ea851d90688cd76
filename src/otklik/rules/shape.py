"""Texts for inputs of the wrong shape, made from what the decoder says about them."""

from __future__ import annotations

import re
from collections.abc import Callable

from otklik.kit.errors import Problem
from otklik.kit.i18n import Text

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?$", re.DOTALL)
_TYPES_RU = {
    "str": "текст",
    "int": "целое число",
    "float": "число",
    "bool": "да или нет",
    "array": "список",
    "object": "объект",
    "null": "пусто",
}
_TYPES_EN = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "nothing",
}


def literal(text: str) -> str:
    """Return user's text so that `Text` shows it as it is instead of taking braces for facts."""
    return text.replace("{", "{{").replace("}", "}}")


def _types(names: str, words: dict[str, str], joined: str) -> str:
    given = [name.strip() for name in names.split("|")]
    if "float" in given:  # “a whole number or a number” says nothing more than “a number”
        given = [name for name in given if name != "int"]
    return joined.join(dict.fromkeys(words.get(name, name) for name in given))


def _expected(match: re.Match[str]) -> tuple[str, str, str]:
    wanted, got = match.group(1), match.group(2)
    return (
        f"Expected {_types(wanted, _TYPES_EN, ' or ')}, not {_types(got, _TYPES_EN, ' or ')}.",
        f"Ожидается {_types(wanted, _TYPES_RU, ' или ')}, а не {_types(got, _TYPES_RU, ' или ')}.",
        "wrong_type",
    )


def _missing(match: re.Match[str]) -> tuple[str, str, str]:
    name = match.group(1)
    return (
        f"The field “{name}” is missing.",
        f"Не хватает поля «{name}».",
        "missing_field",
    )


def _unknown(match: re.Match[str]) -> tuple[str, str, str]:
    name = literal(match.group(1)[:50])
    return f"There is no field “{name}” here.", f"Здесь нет поля «{name}».", "unknown_field"


def _value(match: re.Match[str]) -> tuple[str, str, str]:
    name = literal(match.group(1)[:50])
    return (
        f"The value “{name}” is not one of the allowed ones.",
        f"Значения «{name}» нет среди допустимых.",
        "not_allowed",
    )


def _uuid(_: re.Match[str]) -> tuple[str, str, str]:
    return "This is not an identifier.", "Это не идентификатор.", "bad_id"


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, str, str]]], ...] = (
    (re.compile(r"Expected `([^`]+)`, got `([^`]+)`"), _expected),
    (re.compile(r"Object missing required field `([^`]*)`"), _missing),
    (re.compile(r"Object contains unknown field `(.*)`", re.DOTALL), _unknown),
    (re.compile(r"Invalid (?:enum )?value '?(.*?)'?", re.DOTALL), _value),
    (re.compile(r"Invalid UUID"), _uuid),
)


def translate(error: Exception, path: str) -> Problem:
    """Return the decoder's complaint as a problem below `path`, in both languages."""
    place = _PLACE.match(str(error))
    what = place.group("what") if place else ""
    where = path + (place.group("path") or "" if place else "")
    for pattern, make in _RULES:
        if match := pattern.fullmatch(what):
            en, ru, code = make(match)
            return Problem(where, Text(en=en, ru=ru), code=code)
    return Problem(
        where,
        Text(en="This has the wrong form.", ru="Здесь неверная форма записи."),
        code="wrong_type",
    )
