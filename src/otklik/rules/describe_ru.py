"""Условия по-русски: каждое продолжает слова «клиенты, у которых»."""

from __future__ import annotations

from otklik.rules import tree
from otklik.rules.describe_ru_words import (
    FIELD,
    ORDER,
    PROPERTY,
    TRAIT,
    Noun,
    accusative,
    amounted,
    genitive,
    in_window,
    listed,
    named,
    number_of,
    number_of_orders,
    quoted,
    tested,
    times,
    weekly,
)
from otklik.rules.negation import join_words, opposite_count
from otklik.rules.speaker import Speaker

_IDENTIFIERS = {
    "email": ("есть адрес почты", "нет адреса почты"),
    "phone": ("есть телефон", "нет телефона"),
    "user_id": ("есть идентификатор пользователя", "нет идентификатора пользователя"),
    "known": ("есть хотя бы один идентификатор", "нет идентификаторов (анонимные)"),
}
_STATUSES = {
    "placed": "оформлен",
    "paid": "оплачен",
    "cancelled": "отменён",
    "returned": "возвращён",
}
_MESSAGES = {
    "sent": ("отправленное сообщение", "отправленных сообщений"),
    "delivered": ("доставленное сообщение", "доставленных сообщений"),
    "bounced": ("вернувшееся сообщение", "вернувшихся сообщений"),
    "opened": ("сообщение, открытое {by}", "сообщений, открытых {by}"),
    "clicked": ("сообщение с кликом {by}", "сообщений с кликом {by}"),
    "unsubscribed": ("сообщение с отпиской", "сообщений с отпиской"),
    "complained": ("сообщение с жалобой", "сообщений с жалобой"),
}
_OPENED_BY = {"person": "человеком", "machine": "машиной", "anybody": "человеком или машиной"}
_CLICK_OF = {"person": "человека", "machine": "машины", "anybody": "человека или машины"}
_VISIT = {
    **{
        field: Noun(f"метка {field}", "равна", "указана")
        for field in ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
    },
    "country": Noun("страна", "равна", "указана"),
    "city": Noun("город", "равен", "указан"),
    "device": Noun("устройство", "равно", "указано"),
    "os": Noun("операционная система", "равна", "указана"),
    "browser": Noun("браузер", "равен", "указан"),
}
_CHANNELS = {
    "email": "эл. почта",
    "sms": "SMS",
    "push": "пуш-уведомления",
    "telegram": "Telegram",
    "calls": "звонки",
}
_PURPOSES = {"processing": "обработка данных", "advertising": "реклама", "partners": "партнёры"}


class Russian(Speaker):
    AND = "и"
    OR = "или"

    def everyone(self) -> str:
        return "Все клиенты."

    def sentence(self, clause: str) -> str:
        return f"Клиенты, у которых {clause}."

    def group(self, node: tree.Group) -> str:
        match node:
            case tree.AllOf():
                return "выполнены все условия"
            case tree.AnyOf():
                return "выполнено хотя бы одно условие"
            case tree.NoneOf():
                return "не выполнено ни одно условие"

    def _everyone(self, negated: bool) -> str:
        return "условие невыполнимо" if negated else "нет других условий"

    def _trait(self, node: tree.TraitCondition, negated: bool) -> str:
        return named(TRAIT, node.trait, node.test, negated)

    def _seen(self, node: tree.SeenCondition, negated: bool) -> str:
        no = "неверно, что " if negated else ""
        visit = "первое" if node.which == "first" else "последнее"
        return f"{no}{visit} появление было {tested(ORDER, node.test)}"

    def _email_domain(self, node: tree.EmailDomainCondition, negated: bool) -> str:
        return f"{'нет адреса' if negated else 'есть адрес'} почты на домене {listed(node.domains)}"

    def _identifier(self, kind: str, *, has: bool) -> str:
        return _IDENTIFIERS[kind][not has]

    def _segment(self, name: str, *, member: bool) -> str:
        return f"среди сегментов {'есть' if member else 'нет'} {quoted(name)}"

    def _event(self, node: tree.EventCondition, negated: bool) -> str:
        what = f"событие {_step(node.event, node.filters)}"
        of_what = f"события {_step(node.event, node.filters)}"
        when = weekly(node.times) + in_window(node.window)
        match opposite_count(node.test) if negated else node.test:
            case None:
                return f"неверно, что {what} было {times(node.test)}{when}"
            case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                return f"не было {of_what}{when}"
            case tree.CountAtLeast(n=1):
                return f"было {what}{when}"
            case test:
                return f"{what} было {times(test)}{when}"

    def _event_measure(self, node: tree.EventMeasureCondition, negated: bool) -> str:
        what = _step(node.event, node.filters)
        when = weekly(node.times) + in_window(node.window)
        of = f"параметра {quoted(getattr(node.measure, 'path', ''))} в событиях {what}{when}"
        no = "неверно, что " if negated else ""
        match node.measure:
            case tree.EventSum(test=test):
                said = f"сумма {of} {amounted(test)}"
            case tree.EventAverage(test=test):
                said = f"среднее значение {of} {amounted(test)}"
            case tree.EventSmallest(test=test):
                said = f"наименьшее значение {of} {amounted(test)}"
            case tree.EventLargest(test=test):
                said = f"наибольшее значение {of} {amounted(test)}"
            case tree.EventDays(test=count):
                said = f"число разных дней с событием {what}{when} — {number_of(count)}"
            case tree.EventValues(test=count):
                said = f"число разных значений {of} — {number_of(count)}"
            case tree.EventFirst(test=date):
                said = f"событие {what}{when} впервые было {tested(ORDER, date)}"
            case tree.EventLast(test=date):
                said = f"событие {what}{when} в последний раз было {tested(ORDER, date)}"
        return no + said

    def _sequence(self, node: tree.SequenceCondition, negated: bool) -> str:
        steps = ", затем ".join(_step(step.event, step.filters) for step in node.steps)
        within = ""
        if node.within is not None:
            within = f", всё не дольше чем за {accusative(node.within.amount, node.within.unit)}"
        was = "не было событий подряд" if negated else "были события подряд"
        window = in_window(node.window)
        return f"{was}: {steps}{within}{',' if within and window else ''}{window}"

    def _unfollowed(self, node: tree.UnfollowedCondition, negated: bool) -> str:
        no = "неверно, что " if negated else ""
        what = f"{no}было событие {_step(node.event, node.filters)}{in_window(node.window)}"
        then = f"не было события {_step(node.next.event, node.next.filters)}"
        if node.within is None:
            return f"{what}, а после него {then}"
        span = genitive(node.within.amount, node.within.unit)
        return f"{what}, а в течение {span} после него {then}"

    def _product(self, node: tree.ProductCondition, negated: bool) -> str:
        verb = {"bought": "куплен", "viewed": "просмотрен", "added": "положен в корзину"}[
            node.action
        ]
        notes = []
        if node.categories:
            notes.append("категория — " + listed(node.categories))
        if node.vendors:
            notes.append("производитель — " + listed(node.vendors))
        if node.price is not None:
            notes.append("цена " + amounted(node.price))
        what = f"товар {listed(node.products)}" if node.products else "товар"
        what += f" ({', '.join(notes)})" if notes else ""
        when = in_window(node.window)
        match opposite_count(node.test) if negated else node.test:
            case None:
                return f"неверно, что {verb} {what} {times(node.test)}{when}"
            case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                return f"не {verb} {what}{when}"
            case tree.CountAtLeast(n=1):
                return f"{verb} {what}{when}"
            case test:
                return f"{verb} {what} {times(test)}{when}"

    def _message(self, node: tree.MessageCondition, negated: bool) -> str:
        by = {"opened": _OPENED_BY, "clicked": _CLICK_OF}.get(node.fact, {}).get(node.by, "")
        one, many = (text.replace("{by}", by) for text in _MESSAGES[node.fact])
        notes = []
        if node.channel:
            notes.append(f"канал — {_channel(node.channel)}")
        if node.sources:
            names = [self._sources.get(source, str(source)) for source in node.sources]
            notes.append("рассылка — " + listed(names))
        if node.link:
            notes.append(f"в ссылке есть {quoted(node.link)}")
        about = (f" ({', '.join(notes)})" if notes else "") + in_window(node.window)
        match opposite_count(node.test) if negated else node.test:
            case None:
                return f"неверно, что {many}{about} — {number_of(node.test)}"
            case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                return f"нет {many}{about}"
            case tree.CountAtLeast(n=1):
                return f"есть хотя бы одно {one}{about}"
            case test:
                return f"{many}{about} — {number_of(test)}"

    def _visit(
        self, node: tree.VisitCondition, test: tree.Test, is_opposite: bool, negated: bool
    ) -> str:
        when = in_window(node.window)
        noun = _VISIT[node.field]
        if node.touch == "any":
            was = "не было визита" if is_opposite != negated else "был визит"
            return f"{was}{when}, где {_of_visit(noun, test)}"
        which = "первом" if node.touch == "first" else "последнем"
        no = "неверно, что " if negated else ""
        return f"{no}в {which} визите{when} {_of_visit(noun, node.test)}"

    def _orders(self, node: tree.OrdersCondition, negated: bool) -> str:
        about = self._about_orders(node)
        no = "неверно, что " if negated else ""
        match node.measure:
            case tree.OrderCount(test=test):
                match opposite_count(test) if negated else test:
                    case None:
                        return f"неверно, что {number_of_orders(test)}{about}"
                    case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                        return f"нет заказов{about}"
                    case tree.CountAtLeast(n=1):
                        return f"есть хотя бы один заказ{about}"
                    case shown:
                        return f"{number_of_orders(shown)}{about}"
            case tree.OrderSum(test=amount):
                return f"{no}сумма заказов{about} {amounted(amount)}"
            case tree.OrderAverage(test=amount):
                return f"{no}средний заказ{about} {amounted(amount)}"
            case tree.OrderLargest(test=amount):
                return f"{no}самый крупный заказ{about} {amounted(amount)}"
            case tree.OrderUnits(test=amount):
                return f"{no}число единиц товара в заказах{about} {amounted(amount)}"
            case tree.OrderLinesSum(test=amount):
                return f"{no}сумма строк заказов{about} {amounted(amount)}"
            case tree.FirstOrder(test=date):
                return f"{no}первый заказ{about} был {tested(ORDER, date)}"
            case tree.LastOrder(test=date):
                return f"{no}последний заказ{about} был {tested(ORDER, date)}"

    def _about_orders(self, node: tree.OrdersCondition) -> str:
        notes = []
        if set(node.statuses) != set(tree.BOUGHT):
            notes.append("статус — " + join_words([_STATUSES[s] for s in node.statuses], "или"))
        if node.products:
            notes.append("товар — " + listed(node.products))
        if node.categories:
            notes.append("категория — " + listed(node.categories))
        if node.vendors:
            notes.append("производитель — " + listed(node.vendors))
        if node.price is not None:
            notes.append("цена " + amounted(node.price))
        for item in node.fields:
            notes.append(named(FIELD, self._field(item), item.test, negated=False))
        return (f" ({', '.join(notes)})" if notes else "") + in_window(node.window)

    def _consent(self, node: tree.ConsentCondition, negated: bool) -> str:
        where = f"в канале {_channel(node.channel)}"
        to, of = f"рассылки {where}", f"рассылок {where}"
        if node.topic:
            topic = quoted(self._topics.get(node.topic, node.topic))
            to, of = f"тему {topic} {where}", f"темы {topic} {where}"
        if node.purpose:
            aim = f" (цель — {_PURPOSES.get(node.purpose, node.purpose)})"
            to, of = to + aim, of + aim
        yes, no = {
            "granted": (f"есть согласие на {to}", f"нет согласия на {to}"),
            "withdrawn": (f"отозвано согласие на {to}", f"не отозвано согласие на {to}"),
            "none": (
                f"нет ни согласия на {to}, ни отказа от {of}",
                f"есть согласие на {to} или отказ от {of}",
            ),
        }[node.state]
        return no if negated else yes


def _channel(kind: str) -> str:
    return quoted(_CHANNELS.get(kind, kind))


def _step(event: str, filters: tuple[tree.PropertyFilter, ...]) -> str:
    if not filters:
        return quoted(event)
    tests = [named(PROPERTY, item.path, item.test, negated=False) for item in filters]
    return f"{quoted(event)} (где {join_words(tests, 'и')})"


def _of_visit(noun: Noun, test: tree.Test) -> str:
    match test:
        case tree.IsSet():
            return f"{noun.given} {noun.word}"
        case tree.IsNotSet():
            return f"не {noun.given} {noun.word}"
        case _:
            return f"{noun.word} {tested(noun, test)}"
