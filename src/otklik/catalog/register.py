"""How what events say about an order is put together; pure.

A `Register` only ever moves one way, so neither the order of events nor repeats matter. `standing`
reads an order out of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from otklik.catalog.fields import NAMES_MAX, Scalar
from otklik.catalog.model import OrderEvent, OrderLine, OrderStatus, Refund, epoch_ms

_CENT: Final = Decimal("0.01")
_OPEN: Final = frozenset({OrderStatus.PLACED, OrderStatus.PAID})
# What is told by a payment stands behind what is told by a purchase, and a refund behind both.
_BY_PAYMENT: Final = "0" * 14 + "1"
_BY_REFUND: Final = "0" * 15
_canonical = msgspec.json.Encoder(order="deterministic", decimal_format="string")


class Register(NamedTuple):
    """An order in the making.

    `owner`: least (is not the purchase, time, profile): whose order it is and when it was placed.
    `stated`, `told`: greatest (time, rank, writing) of the status and of the content. `refunds`:
    the set of them, by time. `extra`: of every name the greatest (time and rank, value). `words`:
    statuses that nobody has explained yet, with the greatest time and rank of each.
    """

    owner: str
    stated: str
    told: str
    total: Decimal
    currency: str | None
    lines: tuple[OrderLine, ...]
    refunds: tuple[Refund, ...] = ()
    extra: dict[str, tuple[str, Scalar]] = {}
    words: dict[str, str] = {}


class GivenBack(NamedTuple):
    """A share of an order's total that went back to the buyer at `at` (epoch ms)."""

    at: int
    share: float


class Standing(NamedTuple):
    """An order as it stands: `total` and `lines` without what was given back in parts."""

    status: OrderStatus
    total: Decimal
    lines: tuple[OrderLine, ...]
    given_back: tuple[GivenBack, ...]


def owner_key(event: OrderEvent) -> str:
    return f"{int(event.rank != 0)}{epoch_ms(event.time):014d}{event.profile_id}"


def owner_of(key: str) -> tuple[int, int]:
    """Return (profile_id, placed_at in epoch ms) of an owner key."""
    return int(key[15:]), int(key[1:15])


def stated_key(event: OrderEvent) -> str:
    return "" if event.status is None else f"{_stamp(event)}{event.status.value}"


def _stamp(event: OrderEvent) -> str:
    return f"{epoch_ms(event.time):014d}{event.rank}"


def status_of(key: str) -> OrderStatus:
    """An order of which nothing is said but its content is placed."""
    return OrderStatus(key[15:]) if key else OrderStatus.PLACED


def _told_key(event: OrderEvent) -> str:
    if event.total is None and event.lines is None and event.currency is None:
        return ""
    writing = _canonical.encode([event.total, event.currency, event.lines]).hex()
    behind = ""
    if event.weak:
        behind = _BY_PAYMENT if event.refund is None else _BY_REFUND
    return f"{behind}{epoch_ms(event.time):014d}{event.rank}{_digest(writing)}"


def _digest(writing: str) -> str:
    return hashlib.blake2b(writing.encode(), digest_size=8).hexdigest()


def fold(known: Register | None, events: Iterable[OrderEvent]) -> Register:
    """Return an order after events.

    Two refunds of one moment with the same content are one: it was told twice.
    """
    made = known
    extra = dict(known.extra) if known else {}
    words = dict(known.words) if known else {}
    refunds: dict[bytes, Refund] = {
        _canonical.encode(one): one for one in (known.refunds if known else ())
    }
    for event in events:
        if event.refund is not None:
            refunds[_canonical.encode(event.refund)] = event.refund
        _take_extra(extra, event)
        if event.word is not None:
            words[event.word] = max(words.get(event.word, ""), _stamp(event))
        told = _told_key(event)
        if made is None:
            made = Register(
                owner_key(event),
                stated_key(event),
                told,
                event.total or Decimal(0),
                event.currency,
                event.lines or (),
            )
            continue
        made = made._replace(
            owner=min(made.owner, owner_key(event)), stated=max(made.stated, stated_key(event))
        )
        if told > made.told:
            made = made._replace(
                told=told,
                total=event.total or Decimal(0),
                currency=event.currency,
                lines=event.lines or (),
            )
    assert made is not None
    ordered = sorted(refunds, key=lambda writing: (refunds[writing].at, writing))
    return made._replace(
        refunds=tuple(refunds[writing] for writing in ordered), extra=extra, words=words
    )


def explain(register: Register, word: str, status: OrderStatus) -> Register:
    """Return an order after somebody said what a word in it means."""
    if word not in register.words:
        return register
    words = {one: stamp for one, stamp in register.words.items() if one != word}
    stated = max(register.stated, f"{register.words[word]}{status.value}")
    return register._replace(stated=stated, words=words)


def _take_extra(extra: dict[str, tuple[str, Scalar]], event: OrderEvent) -> None:
    stamp = _stamp(event)
    for name, value in event.extra.items():
        known = extra.get(name)
        if known is None and len(extra) >= NAMES_MAX:
            # The names that stay are the first by the alphabet, whatever came first.
            last = max(extra)
            if name > last:
                continue
            del extra[last]
        if known is None or (stamp, _canonical.encode(value)) > (
            known[0],
            _canonical.encode(known[1]),
        ):
            extra[name] = (stamp, value)


def standing(register: Register) -> Standing:
    """Read an order out of its register.

    Parts that were given back leave the order what it was, with less in it. When everything was
    given back (the whole amount, or every piece of every line) it is returned. So is an order of
    which nothing but refunds is known: a shop that numbers its returns apart tells them so.
    """
    status = status_of(register.stated)
    left, lines, given_back = register.total, register.lines, []
    for refund in register.refunds:
        value = _value(refund, register.lines)
        taken = min(value, max(left, Decimal(0)))
        left -= taken
        lines = _without(lines, refund.lines)
        if register.total > 0:
            given_back.append(GivenBack(refund.at, float(taken / register.total)))
    if register.refunds and status in _OPEN:
        nothing_left = register.total > 0 and left <= 0
        all_lines_back = bool(register.lines) and not lines
        if nothing_left or all_lines_back or register.told.startswith(_BY_REFUND):
            status = OrderStatus.RETURNED
            given_back.append(_rest(given_back, register.refunds[-1].at))
    elif status not in _OPEN:
        given_back.append(_rest(given_back, int(register.stated[:14])))
    if status not in _OPEN:
        left, lines = register.total, register.lines
    kept = tuple(one for one in given_back if one.share > 0)
    return Standing(status, left, lines, kept)


def _rest(given_back: Sequence[GivenBack], at: int) -> GivenBack:
    return GivenBack(at, max(0.0, 1.0 - sum(one.share for one in given_back)))


def _value(refund: Refund, bought: Sequence[OrderLine]) -> Decimal:
    """Return how much was given back: the amount as named, or price times quantity."""
    if refund.amount is not None:
        return refund.amount
    value = Decimal(0)
    for line in refund.lines:
        price = line.price or next((b.price for b in bought if _is_same(b, line)), 0.0)
        value += Decimal(str(price)) * Decimal(str(line.quantity))
    return value.quantize(_CENT)


def _without(lines: tuple[OrderLine, ...], back: Iterable[OrderLine]) -> tuple[OrderLine, ...]:
    """Return the lines less the pieces that came back."""
    left = list(lines)
    for one in back:
        pieces = one.quantity
        for place, line in enumerate(left):
            if _is_same(line, one) and pieces > 0 and line.quantity > 0:
                taken = min(pieces, line.quantity)
                pieces -= taken
                left[place] = msgspec.structs.replace(line, quantity=line.quantity - taken)
    return tuple(
        line
        for line, before in zip(left, lines, strict=True)
        if line.quantity > 0 or before.quantity <= 0
    )


def _is_same(one: OrderLine, other: OrderLine) -> bool:
    if one.product_id or other.product_id:
        return one.product_id == other.product_id
    return one.name == other.name
