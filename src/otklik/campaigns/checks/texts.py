"""The lines of the checks: how bad each is, where it belongs, and what it says."""

from __future__ import annotations

from otklik.campaigns.model import Level, Section
from otklik.kit.i18n import Text

TEXTS: dict[str, tuple[Level, Section, Text]] = {
    "no_segment": (
        "block",
        "audience",
        Text(en="No segment is chosen.", ru="Не выбран ни один сегмент."),
    ),
    "segment_missing": (
        "block",
        "audience",
        Text(
            en="A segment of the audience was deleted. Take it out or choose another one.",
            ru="Сегмент из аудитории удалён. Уберите его или выберите другой.",
        ),
    ),
    "audience_empty": (
        "block",
        "audience",
        Text(
            en="Nobody would get this letter: the audience is empty.",
            ru="Письмо никому не уйдёт: аудитория пустая.",
        ),
    ),
    "audience_all_skipped": (
        "block",
        "audience",
        Text(
            en="Nobody of the audience can get this letter; see the reasons beside the audience.",
            ru="Никто из аудитории не может получить письмо; причины показаны рядом с аудиторией.",
        ),
    ),
    "audience_ok": (
        "ok",
        "audience",
        Text(en="{people} will take part.", ru="В рассылке участвуют: {people}."),
    ),
    "no_variant": (
        "block",
        "letter",
        Text(en="There is no variant.", ru="Нет ни одного варианта."),
    ),
    "no_letter": (
        "block",
        "letter",
        Text(en="Variant {key} has no letter.", ru="У варианта {key} не выбрано письмо."),
    ),
    "letter_missing": (
        "block",
        "letter",
        Text(en="The letter of variant {key} was removed.", ru="Письмо варианта {key} удалено."),
    ),
    "variants_equal": (
        "warn",
        "letter",
        Text(
            en="Variants {key} and {other} have the same letter: a test of them shows nothing.",
            ru="У вариантов {key} и {other} одно и то же письмо: такой тест ничего не покажет.",
        ),
    ),
    "variant_without_share": (
        "warn",
        "letter",
        Text(
            en="Nobody gets variant {key}: its share is 0.",
            ru="Вариант {key} никто не получит: его доля 0.",
        ),
    ),
    "variant_empty": (
        "warn",
        "letter",
        Text(
            en="Nobody happens to get variant {key}: there are too few people for its share.",
            ru="Вариант {key} никому не достанется: людей слишком мало для его доли.",
        ),
    ),
    "control_empty": (
        "warn",
        "control",
        Text(
            en="Nobody happens to be in the control group: there are too few people for its share.",
            ru="В контрольную группу никто не попадёт: людей слишком мало для её доли.",
        ),
    ),
    "shares_empty": (
        "block",
        "letter",
        Text(en="All shares of the variants are 0.", ru="Доли всех вариантов равны 0."),
    ),
    "keys_repeat": (
        "block",
        "letter",
        Text(en="Two variants are called {key}.", ru="Два варианта называются {key}."),
    ),
    "trait_gap": (
        "warn",
        "letter",
        Text(
            en=(
                "{letter}: in {empty} of {letters} the place of {trait} is empty, and nothing "
                "stands in for it."
            ),
            ru=("{letter}: в {empty} из {letters} на месте {trait} пусто, и замены не задано."),
        ),
    ),
    "letter_ok": (
        "ok",
        "letter",
        Text(en="Variant {key}: the letter is in order.", ru="Вариант {key}: письмо в порядке."),
    ),
    "no_sender": ("block", "sender", Text(en="No sender is chosen.", ru="Не выбран отправитель.")),
    "sender_missing": (
        "block",
        "sender",
        Text(en="The sender was removed.", ru="Отправитель удалён."),
    ),
    "sender_not_signed": (
        "warn",
        "sender",
        Text(
            en="Letters from {address} are not signed by DKIM; large services will refuse them.",
            ru="Письма от {address} не подписаны DKIM; крупные почтовые сервисы их не примут.",
        ),
    ),
    "sender_not_aligned": (
        "block",
        "sender",
        Text(
            en="The address is in {domain}, but the signature is of {signed}: DMARC will fail.",
            ru="Адрес в домене {domain}, а подпись домена {signed}: проверка DMARC не пройдёт.",
        ),
    ),
    "sender_ok": (
        "ok",
        "sender",
        Text(
            en="{address} and its signature are in one domain.",
            ru="{address} и подпись — в одном домене.",
        ),
    ),
    "no_topic": (
        "warn",
        "audience",
        Text(
            en="No topic is chosen: whoever unsubscribes leaves all letters, not one topic.",
            ru="Тема не выбрана: кто отпишется, перестанет получать все письма, а не одну тему.",
        ),
    ),
    "topic_missing": (
        "block",
        "audience",
        Text(en="The topic was removed or archived.", ru="Тема удалена или в архиве."),
    ),
    "no_goal": (
        "warn",
        "goal",
        Text(
            en="There is no target action: the report will show opens and clicks only.",
            ru="Целевое действие не задано: в отчёте будут только открытия и клики.",
        ),
    ),
    "goal_broken": (
        "block",
        "goal",
        Text(
            en="The conditions of the target action {event} are not finished or can't be.",
            ru="Условия целевого действия {event} не закончены или невозможны.",
        ),
    ),
    "goal_ok": ("ok", "goal", Text(en="Target action: {event}.", ru="Целевое действие: {event}.")),
    "no_control": (
        "warn",
        "control",
        Text(
            en="There is no control group to show what would have happened without the letter.",
            ru="Контрольной группы нет: не узнать, что было бы без письма.",
        ),
    ),
    "audience_too_small": (
        "warn",
        "control",
        Text(
            en=(
                "With {small} in the smallest group the test notices only a difference of "
                "{points} points or more (at a usual rate of {rate} %)."
            ),
            ru=(
                "В самой маленькой группе {small}: тест заметит только разницу от {points} п. п. "
                "(при обычной доле {rate} %)."
            ),
        ),
    ),
    "control_ok": (
        "ok",
        "control",
        Text(
            en="The test notices a difference of {points} points or more.",
            ru="Тест заметит разницу от {points} п. п.",
        ),
    ),
    "schedule_without_time": (
        "block",
        "schedule",
        Text(en="The time of the launch is missing.", ru="Не указано время запуска."),
    ),
    "schedule_past": (
        "block",
        "schedule",
        Text(en="The time of the launch is in the past.", ru="Время запуска уже прошло."),
    ),
    "schedule_far": (
        "block",
        "schedule",
        Text(
            en="The time of the launch is more than a year away.",
            ru="До времени запуска больше года.",
        ),
    ),
    "own_time_passed": (
        "warn",
        "schedule",
        Text(
            en=(
                "For {late} ({share} %) this time has passed already by their own clocks: they "
                "get the letter right after the launch, unless it is quiet there."
            ),
            ru=(
                "По собственным часам это время уже прошло: {late} ({share} %). Письмо уйдёт им "
                "сразу после запуска, если у них не тихие часы."
            ),
        ),
    ),
    "own_time_quiet": (
        "warn",
        "schedule",
        Text(
            en="By people's own clocks this time is quiet: the letters go at {at} there.",
            ru="По собственным часам людей это тихое время: письма уйдут {at} по тем же часам.",
        ),
    ),
    "audience_limited": (
        "warn",
        "schedule",
        Text(
            en=(
                "{people} ({share} %) have heard as often by then as the sending policy allows: "
                "they get no letter."
            ),
            ru=(
                "К этому времени предел писем по правилам отправки исчерпан: {people} ({share} %). "
                "Им письмо не уйдёт."
            ),
        ),
    ),
    "everybody_limited": (
        "warn",
        "schedule",
        Text(
            en=(
                "Everybody of this audience has heard as often by then as the sending policy "
                "allows: nobody would get a letter."
            ),
            ru=(
                "У всей аудитории к этому времени исчерпан предел писем по правилам отправки: "
                "письмо не получит никто."
            ),
        ),
    ),
    "spread_with_another": (
        "block",
        "schedule",
        Text(
            en=(
                "Letters can be spread over hours only when they begin at one moment and go to "
                "everybody, not to a part first."
            ),
            ru=(
                "Растянуть отправку на несколько часов можно, только если она начинается в один "
                "момент и идёт всем, а не сначала части."
            ),
        ),
    ),
    "spread_past_until": (
        "warn",
        "schedule",
        Text(
            en="The letters leave until {at}, but the latest moment is before that.",
            ru="Письма будут уходить до {at}, а крайний срок раньше.",
        ),
    ),
    "first_past_until": (
        "warn",
        "schedule",
        Text(
            en=(
                "The rest would get its letter at {at}, but the latest moment is before that: only "
                "the first part would hear."
            ),
            ru=(
                "Остальным письмо пошло бы {at}, а крайний срок раньше: его получит только первая "
                "часть."
            ),
        ),
    ),
    "ends_past_until": (
        "warn",
        "schedule",
        Text(
            en=(
                "At the usual pace the last letters would leave at {at}, after the latest moment: "
                "not everybody gets one."
            ),
            ru=(
                "При обычной скорости последние письма ушли бы {at}, позже крайнего срока: письмо "
                "получат не все."
            ),
        ),
    ),
    "until_past": (
        "block",
        "schedule",
        Text(
            en="The latest moment is before the launch: nobody would get a letter.",
            ru="Крайний срок раньше запуска: письмо никому не уйдёт.",
        ),
    ),
    "quiet_past_until": (
        "warn",
        "schedule",
        Text(
            en=(
                "The launch falls into quiet hours that end on {at}, after the latest moment: "
                "people in the workspace's time zone would get no letter."
            ),
            ru=(
                "Запуск попадает в тихие часы до {at}, а это позже крайнего срока: людям в часовом "
                "поясе пространства письмо не уйдёт."
            ),
        ),
    ),
    "quiet_now": (
        "warn",
        "schedule",
        Text(
            en=(
                "The launch falls into quiet hours: in the workspace's time zone letters go from "
                "{at} on."
            ),
            ru=("Запуск попадает в тихие часы: в часовом поясе пространства письма пойдут с {at}."),
        ),
    ),
    "not_approved": (
        "block",
        "schedule",
        Text(
            en="A second person has not approved this version yet.",
            ru="Второй человек ещё не согласовал эту версию.",
        ),
    ),
    "approved_before_a_change": (
        "block",
        "schedule",
        Text(
            en="A letter was changed after {name} had approved it: ask for the approval again.",
            ru="Письмо изменили после согласования ({name}): попросите согласовать снова.",
        ),
    ),
    "approved": (
        "ok",
        "schedule",
        Text(en="A second person has approved it.", ru="Согласовано вторым человеком."),
    ),
    "first_empty": (
        "block",
        "schedule",
        Text(
            en="Say how large the first part is: a number of people or a share.",
            ru="Укажите размер первой части: число людей или долю.",
        ),
    ),
    "first_without_goal": (
        "block",
        "schedule",
        Text(
            en="The variant is to be chosen by the target action, but none is set.",
            ru="Вариант должен выбираться по целевому действию, а оно не задано.",
        ),
    ),
    "first_nobody": (
        "warn",
        "schedule",
        Text(
            en="Nobody of the first part would get a letter; make it larger.",
            ru="Из первой части письмо не получит никто; увеличьте её.",
        ),
    ),
    "first_everybody": (
        "warn",
        "schedule",
        Text(
            en="The first part is everybody: no rest will wait for a choice.",
            ru="В первую часть попадают все: выбора никто ждать не будет.",
        ),
    ),
    "first_too_small": (
        "warn",
        "schedule",
        Text(
            en=(
                "With {small} per variant in the first part, the winner is often chance: only a "
                "difference of {points} points or more is noticed."
            ),
            ru=(
                "В первой части по {small} на вариант: победитель часто будет случайным, заметна "
                "только разница от {points} п. п."
            ),
        ),
    ),
    "service": (
        "warn",
        "schedule",
        Text(
            en=(
                "A service message: limits of frequency, quiet hours and control groups of the "
                "workspace do not hold it back. Advertising is not allowed in it."
            ),
            ru=(
                "Сервисное сообщение: ограничения частоты, тихие часы и глобальная контрольная "
                "группа его не задержат. Рекламы в нём быть не должно."
            ),
        ),
    ),
    "development": (
        "warn",
        "sender",
        Text(
            en="Letters go to the built-in mail catcher: nobody outside gets them.",
            ru="Письма попадают в ловушку писем: наружу ничего не уходит.",
        ),
    ),
}
