"""Conditions said in English, each as a verb phrase that follows "people who"."""

from __future__ import annotations

from otklik.rules import tree
from otklik.rules.describe_en_words import (
    amounted,
    in_window,
    listed,
    number_of,
    number_of_orders,
    period,
    quoted,
    tested,
    times,
    weekly,
)
from otklik.rules.negation import join_words, opposite_count, opposite_test
from otklik.rules.speaker import Speaker

_IDENTIFIERS = {
    "email": ("have an e-mail address", "have no e-mail address"),
    "phone": ("have a phone number", "have no phone number"),
    "user_id": ("have a user ID", "have no user ID"),
    "known": ("are known by name or address", "are anonymous"),
}
_STATUSES = {"placed": "placed", "paid": "paid", "cancelled": "cancelled", "returned": "returned"}


_VISIT: dict[str, str] = {
    **{field: field for field in ("utm_source", "utm_medium", "utm_campaign")},
    **{field: field for field in ("utm_term", "utm_content")},
    "country": "the country",
    "city": "the city",
    "device": "the device",
    "os": "the operating system",
    "browser": "the browser",
}
_CHANNELS = {"email": "e-mail", "sms": "SMS", "telegram": "Telegram", "calls": "phone"}
_PURPOSES = {
    "processing": "the processing of data",
    "advertising": "advertising",
    "partners": "partners",
}


class English(Speaker):
    AND = "and"
    OR = "or"

    def everyone(self) -> str:
        return "Everyone."

    def sentence(self, clause: str) -> str:
        return f"People who {clause}."

    def group(self, node: tree.Group) -> str:
        match node:
            case tree.AllOf():
                return "all of these hold"
            case tree.AnyOf():
                return "at least one of these holds"
            case tree.NoneOf():
                return "none of these holds"

    def _everyone(self, negated: bool) -> str:
        return "are nobody" if negated else "are anybody"

    def _seen(self, node: tree.SeenCondition, negated: bool) -> str:
        verb = "were not" if negated else "were"
        return f"{verb} seen for the {node.which} time {tested(node.test)}"

    def _email_domain(self, node: tree.EmailDomainCondition, negated: bool) -> str:
        verb = "do not have" if negated else "have"
        return f"{verb} an e-mail address at {listed(node.domains)}"

    def _identifier(self, kind: str, *, has: bool) -> str:
        return _IDENTIFIERS[kind][not has]

    def _segment(self, name: str, *, member: bool) -> str:
        return f"are {'' if member else 'not '}in the segment {quoted(name)}"

    def _trait(self, node: tree.TraitCondition, negated: bool) -> str:
        opposite = opposite_test(node.test) if negated else node.test
        verb = "do not have" if opposite is None else "have"
        return f"{verb} {quoted(node.trait)} {tested(opposite or node.test)}"

    def _event(self, node: tree.EventCondition, negated: bool) -> str:
        what = _step(node.event, node.filters)
        when = weekly(node.times) + in_window(node.window)
        match opposite_count(node.test) if negated else node.test:
            case None:
                return f"did not do {what} {times(node.test)}{when}"
            case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                return f"never did {what}{when}"
            case tree.CountAtLeast(n=1):
                return f"did {what}{when}"
            case test:
                return f"did {what} {times(test)}{when}"

    def _event_measure(self, node: tree.EventMeasureCondition, negated: bool) -> str:
        what = _step(node.event, node.filters)
        when = weekly(node.times) + in_window(node.window)
        have = "do not have" if negated else "have"
        did = "did not do" if negated else "did"
        match node.measure:
            case tree.EventSum(path=path, test=test):
                return f"{have} a sum of {quoted(path)} in {what} of {amounted(test)}{when}"
            case tree.EventAverage(path=path, test=test):
                return f"{have} an average {quoted(path)} in {what} of {amounted(test)}{when}"
            case tree.EventSmallest(path=path, test=test):
                return f"{have} a smallest {quoted(path)} in {what} of {amounted(test)}{when}"
            case tree.EventLargest(path=path, test=test):
                return f"{have} a largest {quoted(path)} in {what} of {amounted(test)}{when}"
            case tree.EventDays(test=count):
                return f"{did} {what} on {number_of(count, 'day', 'days')}{when}"
            case tree.EventValues(path=path, test=count):
                values = number_of(count, "different value", "different values")
                return f"{did} {what} with {values} of {quoted(path)}{when}"
            case tree.EventFirst(test=date):
                return f"{did} {what}{when} for the first time {tested(date)}"
            case tree.EventLast(test=date):
                return f"{did} {what}{when} for the last time {tested(date)}"

    def _sequence(self, node: tree.SequenceCondition, negated: bool) -> str:
        steps = ", then ".join(_step(step.event, step.filters) for step in node.steps)
        within = (
            f", all within {period(node.within.amount, node.within.unit, one=True)}"
            if node.within
            else ""
        )
        did = "did not do in this order" if negated else "did"
        window = in_window(node.window)
        return f"{did} {steps}{within}{',' if within and window else ''}{window}"

    def _unfollowed(self, node: tree.UnfollowedCondition, negated: bool) -> str:
        what = _step(node.event, node.filters) + in_window(node.window)
        then = _step(node.next.event, node.next.filters)
        if node.within is None:
            rest = f"and did not do {then} since"
        else:
            span = period(node.within.amount, node.within.unit, one=True)
            rest = f"and did not do {then} within {span} after it"
        return f"did not: do {what} {rest}" if negated else f"did {what} {rest}"

    def _product(self, node: tree.ProductCondition, negated: bool) -> str:
        verb = {"bought": "bought", "viewed": "viewed", "added": "put into the cart"}[node.action]
        what = "a product"
        if node.products:
            what = f"the product {listed(node.products)}"
        if node.categories:
            what += f" from the category {listed(node.categories)}"
        if node.vendors:
            what += f" by the vendor {listed(node.vendors)}"
        if node.price is not None:
            what += f" with a price of {amounted(node.price)}"
        when = in_window(node.window)
        match opposite_count(node.test) if negated else node.test:
            case None:
                return f"did not have it that they {verb} {what} {times(node.test)}{when}"
            case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                return f"never {verb} {what}{when}"
            case tree.CountAtLeast(n=1):
                return f"{verb} {what}{when}"
            case test:
                return f"{verb} {what} {times(test)}{when}"

    def _message(self, node: tree.MessageCondition, negated: bool) -> str:
        which = {
            "sent": "were sent",
            "delivered": "got",
            "bounced": "had bounced",
            "opened": "opened",
            "clicked": "clicked in",
            "unsubscribed": "unsubscribed by",
            "complained": "complained about",
        }[node.fact]
        about = ""
        if node.fact in ("opened", "clicked") and node.by != "person":
            about += " (a machine did it)" if node.by == "machine" else " (person or machine)"
        if node.channel:
            about += f" by {_channel(node.channel)}"
        if node.sources:
            names = [self._sources.get(one, str(one)) for one in node.sources]
            about += f" of the campaign {listed(names)}"
        if node.link:
            about += f" on a link with {quoted(node.link)}"
        about += in_window(node.window)
        match opposite_count(node.test) if negated else node.test:
            case None:
                count = number_of(node.test, "message", "messages")
                return f"did not have it that they {which} {count}{about}"
            case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                return f"{which} no messages{about}"
            case tree.CountAtLeast(n=1):
                return f"{which} a message{about}"
            case test:
                return f"{which} {number_of(test, 'message', 'messages')}{about}"

    def _visit(
        self, node: tree.VisitCondition, test: tree.Test, is_opposite: bool, negated: bool
    ) -> str:
        when = in_window(node.window)
        field = _VISIT[node.field]
        if node.touch == "any":
            verb = "had no visit" if is_opposite != negated else "had a visit"
            return f"{verb} with {field} {tested(_told(test))}{when}"
        verb = "did not have" if negated else "had"
        return f"{verb} the {node.touch} visit{when} with {field} {tested(node.test)}"

    def _orders(self, node: tree.OrdersCondition, negated: bool) -> str:
        about = self._about_orders(node)
        match node.measure:
            case tree.OrderCount(test=test):
                match opposite_count(test) if negated else test:
                    case None:
                        return f"did not make {number_of_orders(test)}{about}"
                    case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                        return f"made no orders{about}"
                    case shown:
                        return f"made {number_of_orders(shown)}{about}"
            case tree.OrderSum(test=amount):
                verb = "did not spend" if negated else "spent"
                return f"{verb} {amounted(amount)} on orders{about}"
            case tree.OrderAverage(test=amount):
                verb = "do not have" if negated else "have"
                return f"{verb} an average order of {amounted(amount)}{about}"
            case tree.OrderLargest(test=amount):
                verb = "do not have" if negated else "have"
                return f"{verb} a largest order of {amounted(amount)}{about}"
            case tree.OrderUnits(test=amount):
                verb = "did not buy" if negated else "bought"
                return f"{verb} {amounted(amount)} pieces in orders{about}"
            case tree.OrderLinesSum(test=amount):
                verb = "did not spend" if negated else "spent"
                return f"{verb} {amounted(amount)} on lines of orders{about}"
            case tree.FirstOrder(test=date):
                verb = "did not make" if negated else "made"
                return f"{verb} the first order{about} {tested(date)}"
            case tree.LastOrder(test=date):
                verb = "did not make" if negated else "made"
                return f"{verb} the last order{about} {tested(date)}"

    def _about_orders(self, node: tree.OrdersCondition) -> str:
        about = ""
        if set(node.statuses) != set(tree.BOUGHT):
            about += " that are " + join_words([_STATUSES[s] for s in node.statuses], "or")
        if node.products:
            about += " with " + listed(node.products)
        if node.categories:
            about += " from the category " + listed(node.categories)
        if node.vendors:
            about += " by the vendor " + listed(node.vendors)
        if node.price is not None:
            about += f" with a price of {amounted(node.price)}"
        for item in node.fields:
            about += f" with the field {quoted(self._field(item))} {tested(item.test)}"
        return about + in_window(node.window)

    def _consent(self, node: tree.ConsentCondition, negated: bool) -> str:
        if node.topic:
            topic = quoted(self._topics.get(node.topic, node.topic))
            target = f"the topic {topic} by {_channel(node.channel)}"
        else:
            target = f"messages by {_channel(node.channel)}"
        yes, no = {
            "granted": ("agreed to", "did not agree to"),
            "withdrawn": ("withdrew consent to", "did not withdraw consent to"),
            "none": ("gave no answer about", "agreed to or refused"),
        }[node.state]
        if node.purpose:
            target += f" for {_PURPOSES.get(node.purpose, node.purpose)}"
        return f"{no if negated else yes} {target}"


def _channel(kind: str) -> str:
    return _CHANNELS.get(kind, kind)


def _step(event: str, filters: tuple[tree.PropertyFilter, ...]) -> str:
    if not filters:
        return quoted(event)
    tests = [f"{quoted(item.path)} {tested(item.test)}" for item in filters]
    return f"{quoted(event)} with {join_words(tests, 'and')}"


def _told(test: tree.Test) -> tree.Test:
    """Return a list of one value as that value."""
    match test:
        case tree.In(values=(value,)):
            return tree.Eq(value=value)
        case _:
            return test
