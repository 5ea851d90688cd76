"""What may be wrong with a letter for its reader, and with a document of blocks."""

from __future__ import annotations

from otklik.content.engine.texts_source import Complaints
from otklik.kit.i18n import Text

READER: Complaints = {
    # The document of a block letter.
    "document_unreadable": (
        "error",
        Text(
            en="The document of the letter is no JSON: {detail}",
            ru="Документ письма не удалось прочитать как JSON: {detail}",
        ),
    ),
    "document_invalid": (
        "error",
        Text(
            en="The document of the letter is wrong at {place}: {detail}",
            ru="Документ письма неверен в месте {place}: {detail}",
        ),
    ),
    "too_many_blocks": (
        "error",
        Text(
            en="The letter has {count} blocks; the limit is {limit}.",
            ru="В письме {count} блоков при допустимых {limit}.",
        ),
    ),
    "bad_path": (
        "error",
        Text(
            en="“{path}” is no name of a variable. Write it with dots: customer.city",
            ru="«{path}» не похоже на имя переменной. Напишите его через точки: customer.city",
        ),
    ),
    "bad_value": (
        "error",
        Text(
            en="The condition on “{path}” needs another value: a number or a text without braces "
            "and without both kinds of quotes.",
            ru="Для условия по «{path}» нужно другое значение: число или текст без фигурных "
            "скобок и без обоих видов кавычек сразу.",
        ),
    ),
    "bad_quotes": (
        "error",
        Text(
            en="The text can't have braces, nor both kinds of straight quotes.",
            ru="В тексте не может быть фигурных скобок и обоих видов прямых кавычек сразу.",
        ),
    ),
    "text_cleaned": (
        "warning",
        Text(
            en="The text has parts that letters can't have; they are left out: {what}.",
            ru="В тексте есть то, чего в письмах быть не может; оно пропущено: {what}.",
        ),
    ),
    "button_empty": ("error", Text(en="The button has no words.", ru="На кнопке нет текста.")),
    "social_empty": (
        "warning",
        Text(
            en="There are no links here, and none in the brand kit: the block is not shown.",
            ru="Здесь нет ссылок, и в фирменном стиле их тоже нет: блок не показывается.",
        ),
    ),
    "countdown_until": (
        "error",
        Text(
            en="The countdown needs a moment with a time zone, or a variable with a date.",
            ru="Для отсчёта нужен момент с часовым поясом или переменная с датой.",
        ),
    ),
    "saved_block_missing": (
        "error",
        Text(
            en="The saved block is not there any more, or has several columns and stands in a "
            "column.",
            ru="Сохранённого блока больше нет, или он из нескольких колонок и стоит в колонке.",
        ),
    ),
    "products_missing": (
        "warning",
        Text(
            en="Not in the catalogue any more, left out: {products}.",
            ru="Нет в каталоге, пропущены: {products}.",
        ),
    ),
    "products_empty": (
        "warning",
        Text(
            en="No product is chosen: the block is not shown.",
            ru="Товары не выбраны: блок не показывается.",
        ),
    ),
    "contrast_low": (
        "warning",
        Text(
            en="Text {color} on {background} is hard to read: contrast {ratio}, needed {needed}.",
            ru="Текст {color} на фоне {background} читать трудно: контраст {ratio} при нужном "
            "{needed}.",
        ),
    ),
    # What the reader will meet.
    "subject_empty": ("error", Text(en="The subject is empty.", ru="Тема письма пустая.")),
    "subject_long": (
        "warning",
        Text(
            en="The subject has {length} characters; phones show about 40.",
            ru="В теме {length} знаков; на телефоне видно около 40.",
        ),
    ),
    "subject_shouts": (
        "warning",
        Text(
            en="The subject is in capitals: spam filters and people take it for shouting.",
            ru="Тема набрана заглавными буквами: для людей и спам-фильтров это крик.",
        ),
    ),
    "subject_exclaims": (
        "warning",
        Text(
            en="The subject has several exclamation marks, as spam has.",
            ru="В теме несколько восклицательных знаков, так пишет спам.",
        ),
    ),
    "text_exclaims": (
        "warning",
        Text(
            en="The text has three exclamation marks in a row, as spam has.",
            ru="В тексте три восклицательных знака подряд, так пишет спам.",
        ),
    ),
    "preheader_empty": (
        "warning",
        Text(
            en="There is no preheader: beside the subject, mail programs will show whatever comes "
            "first.",
            ru="Прехедера нет: рядом с темой почтовые программы покажут первое, что найдут.",
        ),
    ),
    "link_shortened": (
        "warning",
        Text(
            en="Spam filters distrust shortened links ({host}): put the full address.",
            ru="Спам-фильтры не доверяют сокращённым ссылкам ({host}): поставьте полный адрес.",
        ),
    ),
    "many_links": (
        "warning",
        Text(
            en="The letter has {count} links: so many look like spam.",
            ru="В письме слишком много ссылок ({count}), это похоже на спам.",
        ),
    ),
    "image_only": (
        "warning",
        Text(
            en="There is almost no text, only pictures: with pictures off nothing is left, and "
            "spam filters distrust such letters.",
            ru="В письме почти нет текста, одни картинки: без них ничего не останется, и "
            "спам-фильтры таким письмам не доверяют.",
        ),
    ),
    "subject_newline": (
        "error",
        Text(
            en="The subject must be one line.",
            ru="Тема должна быть в одну строку.",
        ),
    ),
    "no_unsubscribe_link": (
        "error",
        Text(
            en="There is no unsubscribe link. Add a link to {variable}.",
            ru="Нет ссылки для отписки. Добавьте ссылку на {variable}.",
        ),
    ),
    "unsubscribe_in_condition": (
        "warning",
        Text(
            en="The unsubscribe link stands inside a condition: some may not see it.",
            ru="Ссылка для отписки стоит внутри условия: кто-то её не увидит.",
        ),
    ),
    "unknown_variable": (
        "error",
        Text(
            en="There is no variable “{variable}”.{guess}",
            ru="Переменной «{variable}» нет.{guess_ru}",
        ),
    ),
    "unseen_trait": (
        "warning",
        Text(
            en="No customer has “{variable}” yet: it will be empty.{guess}",
            ru="«{variable}» пока нет ни у одного клиента: место останется пустым.{guess_ru}",
        ),
    ),
    "unseen_event": (
        "warning",
        Text(
            en="Nobody has had the event or property “{variable}” yet: it will be empty.{guess}",
            ru="События или свойства «{variable}» пока ни у кого не было: место останется "
            "пустым.{guess_ru}",
        ),
    ),
    "link_empty": (
        "error",
        Text(en="A link has no address.", ru="У ссылки нет адреса."),
    ),
    "link_anchor": (
        "warning",
        Text(
            en="The link “{url}” leads nowhere.",
            ru="Ссылка «{url}» никуда не ведёт.",
        ),
    ),
    "link_placeholder": (
        "error",
        Text(
            en="The link “{url}” looks like a placeholder that was not replaced.",
            ru="Ссылка «{url}» похожа на незаменённую заглушку.",
        ),
    ),
    "link_sample": (
        "warning",
        Text(
            en="The link “{url}” leads to a sample domain.",
            ru="Ссылка «{url}» ведёт на домен для примеров.",
        ),
    ),
    "link_broken": (
        "error",
        Text(
            en="The link “{url}” is malformed.",
            ru="Ссылка «{url}» записана неверно.",
        ),
    ),
    "link_spaces": (
        "error",
        Text(
            en="The link “{url}” has spaces in it.",
            ru="В ссылке «{url}» есть пробелы.",
        ),
    ),
    "link_relative": (
        "error",
        Text(
            en="The link “{url}” must begin with https://.",
            ru="Ссылка «{url}» должна начинаться с https://.",
        ),
    ),
    "link_scheme": (
        "error",
        Text(
            en="Links may be http, https, mailto or tel, not “{scheme}”.",
            ru="Ссылка может быть http, https, mailto или tel, но не «{scheme}».",
        ),
    ),
    "image_source": (
        "error",
        Text(
            en="The image address “{url}” must begin with https://.",
            ru="Адрес картинки «{url}» должен начинаться с https://.",
        ),
    ),
    "image_none": (
        "error",
        Text(en="The image has no address: choose one.", ru="У картинки нет адреса: выберите её."),
    ),
    "image_embedded": (
        "warning",
        Text(
            en="Gmail and Outlook don't show images written into the letter (data:).",
            ru="Gmail и Outlook не показывают картинки, вписанные в письмо (data:).",
        ),
    ),
    "answer_no_form": (
        "error",
        Text(
            en="The letter names {variable}, but has no AMP part with a form that is sent there: "
            "the link would lead nowhere.",
            ru="В письме есть {variable}, но нет AMP-версии с формой, которая туда отправляется: "
            "ссылка никуда не приведёт.",
        ),
    ),
    "missing_alt": (
        "warning",
        Text(
            en="The image has no alt text: without images the reader sees nothing. "
            'For a decoration write alt="".',
            ru="У картинки нет текста alt: без картинок читатель ничего не увидит. "
            'Для украшения напишите alt="".',
        ),
    ),
    "size_clipped": (
        "warning",
        Text(
            en="The letter is {size} KB: Gmail cuts letters over 102 KB, the unsubscribe link "
            "with them.",
            ru="Письмо занимает {size} КБ: Gmail обрезает письма больше 102 КБ вместе "
            "со ссылкой для отписки.",
        ),
    ),
    "text_empty": (
        "warning",
        Text(
            en="The plain-text part is empty: there is no text in the letter.",
            ru="Текстовая часть пустая: в письме нет текста.",
        ),
    ),
    "text_no_unsubscribe": (
        "warning",
        Text(
            en="The plain-text part has no unsubscribe link.",
            ru="В текстовой части нет ссылки для отписки.",
        ),
    ),
    "two_preheaders": (
        "warning",
        Text(
            en="There is both <mj-preview> and a preheader: they will be shown one after another.",
            ru="Есть и <mj-preview>, и прехедер: они будут показаны подряд.",
        ),
    ),
}
"""By code."""
