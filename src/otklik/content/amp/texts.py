"""What may be wrong with an AMP part, in both languages.

None of it keeps a letter from being sent: a mail service that refuses the AMP part shows the HTML.
So all are warnings; those that make services refuse it are summed up by `amp_not_shown`.
"""

from __future__ import annotations

from otklik.kit.i18n import Text

BREAKING: dict[str, Text] = {
    "amp_doctype": Text(
        en="An AMP part begins with <!doctype html>.",
        ru="AMP-версия начинается с <!doctype html>.",
    ),
    "amp_html_mark": Text(
        en="The first tag must be <html ⚡4email data-css-strict> (or amp4email).",
        ru="Первым тегом должен быть <html ⚡4email data-css-strict> (или amp4email).",
    ),
    "amp_missing": Text(en="{what} is missing.", ru="Не хватает {what}."),
    "amp_twice": Text(en="{what} stands here a second time.", ru="{what} стоит здесь второй раз."),
    "amp_boilerplate": Text(
        en="<style amp4email-boilerplate> must hold exactly body{{visibility:hidden}}.",
        ru="В <style amp4email-boilerplate> должно быть ровно body{{visibility:hidden}}.",
    ),
    "amp_too_large": Text(
        en="The AMP part is {size} KB; the limit is 200,000 bytes.",
        ru="AMP-версия занимает {size} КБ, а можно не больше 200 000 байт.",
    ),
    "amp_tag": Text(
        en="The tag <{tag}> may not stand in an AMP part.{instead}",
        ru="Тега <{tag}> в AMP-версии быть не может.{instead_ru}",
    ),
    "amp_attribute": Text(
        en="<{tag}> may not have the attribute “{attribute}” here.",
        ru="У <{tag}> здесь не может быть атрибута «{attribute}».",
    ),
    "amp_attribute_missing": Text(
        en="<{tag}> needs the attribute “{attribute}”.",
        ru="<{tag}> нужен атрибут «{attribute}».",
    ),
    "amp_attribute_value": Text(
        en="“{attribute}” of <{tag}> may not be “{value}”. Allowed: {allowed}.",
        ru="У «{attribute}» тега <{tag}> не может быть значения «{value}». Можно: {allowed}.",
    ),
    "amp_place": Text(
        en="<{tag}> can't stand inside <{parent}>.",
        ru="<{tag}> не может стоять внутри <{parent}>.",
    ),
    "amp_head_only": Text(en="<{tag}> belongs in <head>.", ru="Место <{tag}> — в <head>."),
    "amp_layout": Text(
        en="<{tag}> can't have layout=“{layout}”. Allowed: {allowed}.",
        ru="У <{tag}> не может быть layout=«{layout}». Можно: {allowed}.",
    ),
    "amp_size": Text(
        en="<{tag}> needs other “width” and “height”, or another “layout”.",
        ru="<{tag}> нужны другие «width» и «height» или другой «layout».",
    ),
    "amp_script": Text(
        en="Only the scripts of AMP itself may stand in a letter: {expected}",
        ru="В письме могут быть только скрипты самого AMP: {expected}",
    ),
    "amp_script_missing": Text(
        en="“{name}” is used here, but its script is not in <head>: {expected}",
        ru="«{name}» здесь используется, но его скрипта нет в <head>: {expected}",
    ),
    "amp_script_unused": Text(
        en="The script of “{name}” is there, but nothing uses it: services refuse that. Delete it.",
        ru="Скрипт «{name}» есть, но ничем не используется: такое отвергают. Удалите его.",
    ),
    "amp_https": Text(
        en="“{attribute}” of <{tag}> must be a full address that begins with https://.",
        ru="«{attribute}» тега <{tag}> должен быть полным адресом, который начинается с https://.",
    ),
    "amp_link": Text(
        en="A link in an AMP part begins with https://, http://, mailto: or tel:, not “{url}”.",
        ru="Ссылка в AMP-версии начинается с https://, http://, mailto: или tel:, а не с «{url}».",
    ),
    "amp_mustache_address": Text(
        en="Braces of amp-mustache can't stand in “{attribute}” of <{tag}>.",
        ru="Скобок amp-mustache в «{attribute}» тега <{tag}> быть не может.",
    ),
    "amp_source_origin": Text(
        en="An address may not contain __amp_source_origin: the mail service adds it.",
        ru="В адресе не может быть __amp_source_origin: его добавляет почтовый сервис.",
    ),
    "amp_tap_role": Text(
        en="<{tag}> with “tap” needs “role” and “tabindex”.",
        ru="<{tag}> с «tap» нужны «role» и «tabindex».",
    ),
    "amp_style_too_large": Text(
        en="Styles take {size} bytes with all style attributes; the limit is 75,000.",
        ru="Стили вместе с атрибутами style занимают {size} байт, а можно не больше 75 000.",
    ),
    "amp_inline_style_too_large": Text(
        en="A style attribute is longer than 1,000 bytes.",
        ru="Атрибут style длиннее 1000 байт.",
    ),
    "amp_reserved": Text(
        en="“{attribute}” can't be “{value}”: that name belongs to AMP or to the browser itself.",
        ru="«{attribute}» не может быть «{value}»: это имя занято самим AMP или браузером.",
    ),
    "amp_body": Text(
        en="<body> must begin before this: until its end, <head> holds only meta, title, scripts "
        "and styles.",
        ru="До этого места должен начаться <body>: в <head> стоят только meta, title, скрипты и "
        "стили.",
    ),
    "amp_self_closed": Text(
        en="“/>” does not close <{tag}>: write </{tag}>.",
        ru="«/>» не закрывает <{tag}>: напишите </{tag}>.",
    ),
    "amp_parent": Text(
        en="<{tag}> can stand only right inside <{parent}>.",
        ru="<{tag}> может стоять только прямо внутри <{parent}>.",
    ),
    "amp_section": Text(
        en="A <section> of amp-accordion holds exactly two tags: a heading (h1…h6, header) and "
        "what it opens.",
        ru="В <section> внутри amp-accordion ровно два тега: заголовок (h1…h6, header) и то, что "
        "под ним открывается.",
    ),
    "amp_toolbar": Text(
        en="<nav toolbar> holds exactly one list: <ul> or <ol>.",
        ru="В <nav toolbar> ровно один список: <ul> или <ol>.",
    ),
    "amp_template": Text(
        en="There is no <template> with id=“{template}”.",
        ru="Шаблона <template> с id=«{template}» нет.",
    ),
    "amp_state_too_large": Text(
        en="The JSON of amp-state takes {size} bytes; the limit is 100,000.",
        ru="JSON внутри amp-state занимает {size} байт, а можно не больше 100 000.",
    ),
    "amp_mustache_value": Text(
        en="Of amp-mustache only {{{{…}}}} may stand in “{attribute}” of <{tag}>, without {{{{{{, "
        "& and >.",
        ru="Из скобок amp-mustache в «{attribute}» тега <{tag}> можно только {{{{…}}}}, без "
        "{{{{{{, & и >.",
    ),
    "amp_css_important": Text(
        en="!important is not allowed in AMP.", ru="!important в AMP запрещён."
    ),
    "amp_css_rule": Text(
        en="The rule @{rule} is not allowed in letters, only @media.",
        ru="Правило @{rule} в письмах не разрешено, только @media.",
    ),
    "amp_css_media": Text(
        en="“{feature}” can't be asked in @media of a letter.",
        ru="«{feature}» в @media письма спросить нельзя.",
    ),
    "amp_css_property": Text(
        en="The property “{property}” is not allowed in AMP letters.",
        ru="Свойство «{property}» в AMP-письмах не разрешено.",
    ),
    "amp_css_value": Text(
        en="“{property}” can't be “{value}” in AMP letters. Allowed: {allowed}.",
        ru="«{property}» в AMP-письмах не может быть «{value}». Можно: {allowed}.",
    ),
    "amp_css_url": Text(
        en="url() in styles must be a full address that begins with https://.",
        ru="url() в стилях должен быть полным адресом, который начинается с https://.",
    ),
    "amp_css_selector": Text(
        en="The selector “{selector}” is not allowed in AMP letters.",
        ru="Селектор «{selector}» в AMP-письмах не разрешён.",
    ),
    "amp_css_reserved": Text(
        en="Names that begin with i-amphtml- belong to AMP itself.",
        ru="Имена, которые начинаются с i-amphtml-, принадлежат самому AMP.",
    ),
    "amp_css_syntax": Text(
        en="The style can't be read: {detail}.", ru="Стиль не читается: {detail_ru}."
    ),
    "amp_css_comment": Text(
        en="<!-- may not stand in <style> or in JSON.",
        ru="<!-- внутри <style> и JSON быть не может.",
    ),
}
"""What makes a mail service refuse the whole AMP part."""

ADVICE: dict[str, Text] = {
    "amp_not_shown": Text(
        en="Rules of AMP broken: {count}. Mail services will show the HTML instead.",
        ru="Нарушений правил в AMP-версии: {count}. Почтовые сервисы покажут вместо неё HTML.",
    ),
    "amp_not_strict": Text(
        en="Add data-css-strict to <html>: services are going to ask for it.",
        ru="Добавьте data-css-strict в <html>: сервисы собираются его требовать.",
    ),
    "amp_charset": Text(
        en='<meta charset="utf-8"> must be the first in <head>.',
        ru='<meta charset="utf-8"> должен стоять первым в <head>.',
    ),
    "amp_unclosed": Text(
        en="<{tag}> is not closed, or is closed in the wrong order.",
        ru="<{tag}> не закрыт или закрыт не по порядку.",
    ),
    "amp_unfinished": Text(en="A tag has no end “>”.", ru="У тега нет конца «>»."),
    "amp_on": Text(
        en="“on” can't be read: event:target.action(…), several parted by “;”.",
        ru="«on» не читается: событие:цель.действие(…), несколько — через «;».",
    ),
    "amp_action": Text(
        en="The action AMP.{action} is not allowed in letters, only AMP.setState.",
        ru="Действие AMP.{action} в письмах не разрешено, только AMP.setState.",
    ),
    "amp_json": Text(
        en="The JSON in <script> can't be read: {detail}",
        ru="JSON внутри <script> не читается: {detail}",
    ),
    "amp_script_no_src": Text(
        en="The script has no “src”, so nothing is loaded: {expected}",
        ru="У скрипта нет «src», и ничего не загрузится: {expected}",
    ),
    "amp_script_wanted": Text(
        en="Without the script of “{name}” nothing here changes by itself: {expected}",
        ru="Без скрипта «{name}» здесь само ничего не изменится: {expected}",
    ),
    "amp_form_nested": Text(
        en="A form stands inside a form: browsers leave the inner one out.",
        ru="Форма стоит внутри формы: внутреннюю браузеры пропускают.",
    ),
    "amp_form_nowhere": Text(
        en="The form has no “action-xhr”: it is sent nowhere.",
        ru="У формы нет «action-xhr»: её некуда отправить.",
    ),
    "amp_form_get": Text(
        en="Answers are taken only from forms with method=“post”.",
        ru="Ответы принимаются только от форм с method=«post».",
    ),
    "amp_css_unclosed": Text(
        en="A } is missing: the style goes on to its end.",
        ru="Не хватает скобки }: правило тянется до конца стиля.",
    ),
    "amp_css_relative": Text(
        en="“{url}” in url() is no full address: in a letter there is nothing to begin it with.",
        ru="«{url}» внутри url() — не полный адрес: в письме его нечем дополнить.",
    ),
    "amp_css_position": Text(
        en="“position: {value}” does nothing in letters.",
        ru="«position: {value}» в письмах не действует.",
    ),
    "amp_no_unsubscribe": Text(
        en="The AMP part has no unsubscribe link: put {variable} into one.",
        ru="В AMP-версии нет ссылки для отписки: поставьте в неё {variable}.",
    ),
    "amp_liquid_in_template": Text(
        en="Liquid fills these braces in before the letter goes. If the mail service is to do it "
        "with the answer, put {raw} around the template.",
        ru="Эти скобки Liquid заполнит ещё до отправки. Если их должен заполнить почтовый сервис "
        "из ответа, окружите шаблон {raw}.",
    ),
    "amp_target": Text(
        en="There is no element with id=“{target}” that “on” names.",
        ru="Элемента с id=«{target}», который назван в «on», нет.",
    ),
    "amp_form_event": Text(
        en="The form has no hidden field named “event”: its answers will be called "
        "“Letter answered”.",
        ru="В форме нет скрытого поля «event»: её ответы будут называться «Letter answered».",
    ),
    "amp_form_reserved": Text(
        en="Answers can't be called “{event}”: that name is kept for events of orders.",
        ru="Ответы не могут называться «{event}»: это имя событий о заказах.",
    ),
    "amp_form_elsewhere": Text(
        en="The form is not sent here but to an address of its own: its answers won't be seen in "
        "Otklik. For that, write {variable} as its address.",
        ru="Форма отправляется не сюда, а на свой адрес: в Отклике её ответов не будет. Чтобы они "
        "были, поставьте её адресом {variable}.",
    ),
    "amp_answer_http": Text(
        en="The public address of this installation begins with http://: mail services send "
        "answers by https only.",
        ru="Публичный адрес этой установки начинается с http://: почтовые сервисы отправляют "
        "ответы только по https.",
    ),
}
"""What is worth saying, and breaks nothing."""
