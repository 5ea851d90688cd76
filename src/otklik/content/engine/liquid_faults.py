"""Faults of grammar that the template engine finds, told as an author of letters needs them."""

from __future__ import annotations

import re
from typing import Final

from otklik.content.engine.texts_source import Complaints
from otklik.kit.i18n import Text

_CURLY: Final = "‘’“”«»„"

# The engine's message, or the beginning of it; the first that fits counts. Groups are facts.
_FAULTS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"unexpected tag 'else?if'|found an 'else' tag expression", "liquid_elsif"),
        (r"expected content, found expression", "liquid_elsif"),
        (r"expected tag end(?P<opens>\w+), found tag", "liquid_else_last"),
        (r"unexpected tag 'end(?P<opens>\w+)'", "liquid_closes_nothing"),
        (r"unexpected tag 'end of expression'", "liquid_case_open"),
        (r"unexpected tag '(?P<tag>else|when)'", "liquid_stray"),
        (r"unexpected tag '(?P<tag>.*)'", "liquid_unknown_tag"),
        (r"expected tag end(?P<opens>\w+), found", "liquid_left_open"),
        (r"(?P<opens>comment|doc) tag was never closed", "liquid_left_open"),
        (r"missing expression", "liquid_missing"),
        (r"expected a primitive expression, found assign", "liquid_equals"),
        (r"expected end of expression, found '='", "liquid_equals"),
        (r"expected a primitive expression, found|expected at least one arg", "liquid_missing"),
        (r"expected word, found", "liquid_filter_name"),
        (r"expected an identifier, found end", "liquid_after_dot"),
        (r"expected an identifier, found", "liquid_own_name"),
        (r"disallowed ternary", "liquid_inline_if"),
        (r"missing or unexpected path segment", "liquid_bracket"),
        (r"expected in, found", "liquid_for"),
        (r"expected 'reversed', 'offset' or 'limit'", "liquid_for_option"),
        (r"expected one of \('colon',\)", "liquid_colon"),
        (r"expected end of expression, found (string|integer|float)", "liquid_colon"),
        (r"expected end of expression, found dpipe", "liquid_and_or"),
        (r"unexpected '(&|\|)'", "liquid_and_or"),
        (r"expected a comma separated list", "liquid_comma"),
        (r"expected end of expression, found word", "liquid_two_names"),
        (r"expected '=', found", "liquid_assign"),
        (r"missing tag name", "liquid_empty_tag"),
        (r"disallowed parentheses", "liquid_parentheses"),
        (r"disallowed not operator", "liquid_not"),
        (rf"unexpected '[{_CURLY}]'", "liquid_curly_quotes"),
        (r"""unexpected ('"'|"'"|'\\'')""", "liquid_open_quote"),
        (r"un(expected|known operator) '(?P<sign>.{1,3})'", "liquid_sign"),
        (r"expected end of expression, found '(?P<sign>.{1,3})'", "liquid_sign"),
        (r"expected end of expression, found|unexpected token", "liquid_extra"),
        (r"expected a dot or bracket notation, found", "liquid_extra"),
        (r"'<' and '>' are not supported between", "liquid_order"),
        (r"(?P<filter>[a-z_]+): can't divide by 0", "liquid_zero"),
        (r"can't sort sequence", "liquid_kind"),
        (r"([a-z_]+ )?expected (an integer|a string|date or time)[a-z ]*, found", "liquid_kind"),
        (r"'in' and 'contains' are not supported between", "liquid_contains"),
        # The engine's own complaint about `concat` breaks on the way.
        (r"can't map sequence|LiquidError\.__init__", "liquid_list"),
        (r"plural: 2 or 3 forms expected", "liquid_plural"),
        (r".*\) missing \d+ required positional arg", "liquid_filter_bare"),
        (r".*\) takes (from )?\d+ .*positional arg", "liquid_filter_much"),
        (r".*\) got an unexpected keyword argument '(?P<option>.*)'", "liquid_filter_option"),
    )
)


def fault_of(message: str) -> tuple[str, dict[str, str]] | None:
    """Return the code of a complaint for what the engine said, and its facts; None: not known."""
    for pattern, code in _FAULTS:
        found = pattern.match(message)
        if found is not None:
            return code, found.groupdict()
    return None


LIQUID: Final[Complaints] = {
    code: ("error", text)
    for code, text in {
        "liquid_elsif": Text(
            en="{{% else %}} has no condition of its own; another condition is {{% elsif … %}}.",
            ru="У {{% else %}} нет своего условия; ещё одно условие пишется {{% elsif … %}}.",
        ),
        "liquid_else_last": Text(
            en="{{% else %}} comes once, as the last one before {{% end{opens} %}}.",
            ru="{{% else %}} бывает один, последним перед {{% end{opens} %}}.",
        ),
        "liquid_closes_nothing": Text(
            en="{{% end{opens} %}} closes nothing: no {{% {opens} %}} is open here, or a tag inside"
            " it is not closed.",
            ru="{{% end{opens} %}} ничего не закрывает: {{% {opens} %}} здесь не открыт, или не"
            " закрыт тег внутри него.",
        ),
        "liquid_left_open": Text(
            en="{{% {opens} %}} is never closed: {{% end{opens} %}} is missing.",
            ru="{{% {opens} %}} не закрыт: не хватает {{% end{opens} %}}.",
        ),
        "liquid_case_open": Text(
            en="{{% case %}} is never closed: {{% endcase %}} is missing.",
            ru="{{% case %}} не закрыт: не хватает {{% endcase %}}.",
        ),
        "liquid_stray": Text(
            en="{{% {tag} %}} stands by itself: the tag it belongs to is not open here, or has one"
            " already.",
            ru="{{% {tag} %}} стоит сам по себе: тег, к которому он относится, здесь не открыт или"
            " у него уже есть такой.",
        ),
        "liquid_outside_loop": Text(
            en="{{% {tag} %}} belongs inside {{% for %}}.",
            ru="Место {{% {tag} %}} внутри {{% for %}}.",
        ),
        "liquid_missing": Text(
            en="A name or a value is missing here.", ru="Здесь не хватает имени или значения."
        ),
        "liquid_equals": Text(
            en="Values are compared by two equals signs: a == b.",
            ru="Значения сравнивают двумя знаками равенства: a == b.",
        ),
        "liquid_filter_name": Text(
            en="The name of a filter is missing after the sign |.",
            ru="После знака | не хватает имени фильтра.",
        ),
        "liquid_after_dot": Text(
            en="A name is missing after the dot.", ru="После точки не хватает имени."
        ),
        "liquid_own_name": Text(
            en="A name you give is one word: Latin letters, digits and _, no quotes, no dots.",
            ru="Имя, которое вы даёте, — одно слово: латинские буквы, цифры и _, без кавычек"
            " и точек.",
        ),
        "liquid_inline_if": Text(
            en="A value has no “if” of its own: write {{% if … %}} around it.",
            ru="Внутри значения слова if нет: возьмите его в {{% if … %}}.",
        ),
        "liquid_bracket": Text(
            en="A square bracket is empty or not closed.",
            ru="Квадратная скобка пуста или не закрыта.",
        ),
        "liquid_for": Text(
            en="A loop is written so: {{% for item in list %}}.",
            ru="Цикл пишется так: {{% for item in list %}}.",
        ),
        "liquid_for_option": Text(
            en="After the list a loop may have only limit: 3, offset: 3 or reversed.",
            ru="После списка в цикле бывают только limit: 3, offset: 3 и reversed.",
        ),
        "liquid_colon": Text(
            en='A colon is missing before the value: | default: "friend".',
            ru='Перед значением не хватает двоеточия: | default: "друг".',
        ),
        "liquid_and_or": Text(
            en="Conditions are joined by the words and, or.",
            ru="Условия соединяют словами and и or.",
        ),
        "liquid_comma": Text(
            en="A comma is missing between the values of a filter.",
            ru="Между значениями фильтра не хватает запятой.",
        ),
        "liquid_two_names": Text(
            en="Between two names something is missing: a comparison, the sign | or a comma.",
            ru="Между двумя именами чего-то не хватает: сравнения, знака | или запятой.",
        ),
        "liquid_assign": Text(
            en="A value is given a name so: {{% assign name = value %}}.",
            ru="Имя значению дают так: {{% assign name = value %}}.",
        ),
        "liquid_empty_tag": Text(
            en="The tag is empty, or its %}} is missing.", ru="Тег пуст, или не хватает его %}}."
        ),
        "liquid_parentheses": Text(
            en="Conditions have no parentheses here; put one {{% if %}} into another.",
            ru="Скобок в условиях нет; вложите один {{% if %}} в другой.",
        ),
        "liquid_not": Text(
            en="There is no “not”: use {{% unless %}} or compare with false.",
            ru="Слова not нет: возьмите {{% unless %}} или сравните с false.",
        ),
        "liquid_curly_quotes": Text(
            en='Texts stand in straight quotes here: "friend".',
            ru='Тексты здесь пишут в прямых кавычках: "друг".',
        ),
        "liquid_open_quote": Text(en="A quotation mark is not closed.", ru="Кавычка не закрыта."),
        "liquid_sign": Text(
            en="“{sign}” has no meaning here.", ru="Знак «{sign}» здесь ничего не значит."
        ),
        "liquid_extra": Text(
            en="There is something too much here, or a sign is missing before it.",
            ru="Здесь что-то лишнее, или перед этим не хватает знака.",
        ),
        "liquid_order": Text(
            en="Two values of different kinds can't be put in order by < and >, as a text and a"
            " number can't.",
            ru="Знаками < и > нельзя сравнить значения разного рода, например текст и число.",
        ),
        "liquid_zero": Text(
            en="The filter {filter} divides by zero here.",
            ru="Фильтр {filter} здесь делит на ноль.",
        ),
        "liquid_kind": Text(
            en="A value is not of the kind that is needed here: a text instead of a number, or the"
            " other way round. A default helps: | default: 1.",
            ru="Значение не того рода, что нужен здесь: текст вместо числа или наоборот."
            " Поможет значение по умолчанию: | default: 1.",
        ),
        "liquid_contains": Text(
            en="Only texts and lists can be looked into by “contains”.",
            ru="Заглянуть словом contains можно только в текст или список.",
        ),
        "liquid_list": Text(
            en="This filter works on lists.", ru="Этот фильтр работает со списками."
        ),
        "liquid_plural": Text(
            en='The filter plural takes two forms, or three for Russian: | plural: "day", "days".',
            ru="Фильтру plural нужны три формы, для английского две:"
            ' | plural: "день", "дня", "дней".',
        ),
        "liquid_filter_bare": Text(
            en='The filter {filter} needs a value after a colon, as in | default: "friend".',
            ru='Фильтру {filter} нужно значение после двоеточия, как в записи | default: "друг".',
        ),
        "liquid_filter_much": Text(
            en="The filter {filter} does not take so many values.",
            ru="Столько значений фильтр {filter} не берёт.",
        ),
        "liquid_filter_option": Text(
            en="The filter {filter} has no option “{option}:”.",
            ru="У фильтра {filter} нет настройки «{option}:».",
        ),
    }.items()
}
