"""What may be wrong with the source of a letter as it is written, in both languages."""

from __future__ import annotations

from otklik.content.model import Level
from otklik.kit.i18n import Text

Complaints = dict[str, tuple[Level, Text]]

SOURCE: Complaints = {
    # The language of the source.
    "source_empty": ("error", Text(en="The letter is empty.", ru="Письмо пустое.")),
    "source_too_large": (
        "error",
        Text(
            en="The source is {size} KB; the limit is {limit} KB.",
            ru="Исходный текст занимает {size} КБ при допустимых {limit} КБ.",
        ),
    ),
    "control_character": (
        "error",
        Text(
            en="An invisible control character (code {character}) is in the text. Delete it.",
            ru="В тексте невидимый управляющий символ (код {character}). Удалите его.",
        ),
    ),
    "unclosed_liquid": (
        "error",
        Text(en="{opening} has no end.", ru="{opening} без закрывающей скобки."),
    ),
    "liquid_syntax": ("error", Text(en="Liquid: {detail}", ru="Ошибка Liquid: {detail}")),
    "liquid_unknown_tag": (
        "error",
        Text(en="There is no Liquid tag “{tag}”.", ru="Тега Liquid «{tag}» нет."),
    ),
    "liquid_unknown_filter": (
        "error",
        Text(en="There is no Liquid filter “{filter}”.", ru="Фильтра Liquid «{filter}» нет."),
    ),
    "liquid_nesting": (
        "error",
        Text(
            en="Liquid blocks are nested deeper than {limit} levels.",
            ru="Вложенность блоков Liquid больше {limit} уровней.",
        ),
    ),
    "liquid_between_attributes": (
        "error",
        Text(
            en="Liquid stands between attributes of <{tag}>. Put it inside an attribute's value, "
            "or around the whole tag.",
            ru="Liquid стоит между атрибутами <{tag}>. Поместите его в значение атрибута "
            "или вокруг всего тега.",
        ),
    ),
    "liquid_unquoted": (
        "error",
        Text(
            en="The value of “{attribute}” with Liquid inside needs quotes.",
            ru="Значение «{attribute}» с Liquid внутри нужно взять в кавычки.",
        ),
    ),
    "liquid_in_style": (
        "warning",
        Text(
            en="A personal value in <style> may be dropped by mail programs.",
            ru="Личное значение внутри <style> почтовые программы могут отбросить.",
        ),
    ),
    # Limits while a letter is made for a person.
    "loop_limit": (
        "error",
        Text(
            en="The loops of the letter make more than {limit} turns.",
            ru="Циклы письма делают больше {limit} повторов.",
        ),
    ),
    "time_limit": (
        "error",
        Text(
            en="The letter takes longer than {limit} ms to make.",
            ru="Письмо собирается дольше {limit} мс.",
        ),
    ),
    "output_limit": (
        "error",
        Text(
            en="The letter grew over {limit} KB.",
            ru="Письмо разрослось больше {limit} КБ.",
        ),
    ),
    "value_limit": (
        "error",
        Text(
            en="A value inside Liquid grew too large ({detail}).",
            ru="Значение внутри Liquid стало слишком большим ({detail}).",
        ),
    ),
    "liquid_value": (
        "error",
        Text(
            en="Liquid could not use a value: {detail}",
            ru="Liquid не смог использовать значение: {detail}",
        ),
    ),
    # MJML.
    "mjml_root": (
        "error",
        Text(
            en="The letter must be one <mjml> with an <mj-body> inside.",
            ru="Письмо должно быть одним <mjml>, внутри которого есть <mj-body>.",
        ),
    ),
    "mjml_unknown_tag": (
        "error",
        Text(en="There is no MJML tag <{tag}>.", ru="Тега MJML <{tag}> нет."),
    ),
    "mjml_misplaced_tag": (
        "error",
        Text(
            en="<{tag}> can't stand in <{parent}>. It belongs in {parents}.",
            ru="<{tag}> не может стоять в <{parent}>. Его место в {parents}.",
        ),
    ),
    "mjml_unknown_attribute": (
        "warning",
        Text(
            en="<{tag}> has no attribute “{attribute}”: it will have no effect.",
            ru="У <{tag}> нет атрибута «{attribute}»: он не подействует.",
        ),
    ),
    "mjml_include": (
        "error",
        Text(
            en="<mj-include> is not allowed: put the text itself here.",
            ru="<mj-include> не разрешён: вставьте сюда сам текст.",
        ),
    ),
    "mjml_html_outside": (
        "error",
        Text(
            en="<{tag}> can't stand directly in <{parent}>. Put it into <mj-text>, <mj-table> or "
            "<mj-raw>.",
            ru="<{tag}> не может стоять прямо в <{parent}>. Поместите его в <mj-text>, "
            "<mj-table> или <mj-raw>.",
        ),
    ),
    "mjml_text_outside": (
        "error",
        Text(
            en="Text can't stand directly in <{parent}>. Put it into <mj-text>.",
            ru="Текст не может стоять прямо в <{parent}>. Поместите его в <mj-text>.",
        ),
    ),
    "mjml_liquid_outside": (
        "error",
        Text(
            en="Liquid can't stand directly in <{parent}>. Wrap it: "
            "<mj-raw>{liquid_open} … {liquid_close}</mj-raw>.",
            ru="Liquid не может стоять прямо в <{parent}>. Оберните его: "
            "<mj-raw>{liquid_open} … {liquid_close}</mj-raw>.",
        ),
    ),
    "mjml_rejected": (
        "error",
        Text(en="MJML could not be read: {detail}", ru="MJML не удалось прочитать: {detail}"),
    ),
    "nesting_too_deep": (
        "error",
        Text(
            en="Tags are nested deeper than {limit} levels.",
            ru="Вложенность тегов больше {limit} уровней.",
        ),
    ),
    # Markup.
    "tag_not_closed": (
        "error",
        Text(en="<{tag}> is not closed.", ru="<{tag}> не закрыт."),
    ),
    "tag_closed_wrong": (
        "error",
        Text(
            en="</{tag}> closes nothing here{opened}.",
            ru="</{tag}> здесь ничего не закрывает{opened_ru}.",
        ),
    ),
    "tag_unfinished": (
        "error",
        Text(en="<{tag} has no closing “>”.", ru="У <{tag} нет закрывающей «>»."),
    ),
    "stray_less_than": (
        "error",
        Text(
            en="A lone “<” must be written as &lt;.",
            ru="Одиночный знак «<» нужно писать как &lt;.",
        ),
    ),
    "forbidden_tag": (
        "error",
        Text(
            en="<{tag}> is not allowed in a letter.",
            ru="<{tag}> в письме не допускается.",
        ),
    ),
    "unsupported_tag": (
        "warning",
        Text(
            en="Most mail programs drop <{tag}>.",
            ru="Большинство почтовых программ отбросит <{tag}>.",
        ),
    ),
    "forbidden_attribute": (
        "error",
        Text(
            en="The attribute “{attribute}” is not allowed in a letter.",
            ru="Атрибут «{attribute}» в письме не допускается.",
        ),
    ),
    "css_rejected": (
        "error",
        Text(en="CSS could not be applied: {detail}", ru="Стили не удалось применить: {detail}"),
    ),
}
"""By code."""
