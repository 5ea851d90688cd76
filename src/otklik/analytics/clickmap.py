"""The map of clicks: which link of a letter, and in which place, people followed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from otklik.accounts.public import get_workspace
from otklik.analytics.model import ReportSpec
from otklik.analytics.queries import clicked_letter, clicked_links
from otklik.content.public import (
    LetterBroken,
    MappedLetter,
    letter_articles,
    letter_people,
    map_letter,
    preview_context,
    sample_customer,
    sample_orders,
)
from otklik.delivery.public import MailingNotFound, latest_data, sent_letters
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang, Text
from otklik.runtime.public import Runtime

ADDRESSES_SHOWN: Final = 200
"""Addresses of links with many (one for each person) that the table names."""
COLUMNS: Final = {
    "place": Text(en="Place", ru="Место"),
    "label": Text(en="What stands there", ru="Что в этом месте"),
    "url": Text(en="Address", ru="Адрес"),
    "people": Text(en="People", ru="Люди"),
    "share": Text(en="Share of letters delivered", ru="Доля доставленных"),
    "machines": Text(en="Machines only", ru="Только машины"),
}


class ClickPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A link at one place of the letter, or (place null) one that this reader's letter lacks.

    `people` followed it, `machines` are those of whom only machines did; `share` is of the letters
    delivered. `url`: where it leads, for this reader. `address`: only clicks on this address of
    the link count here, since its places differ in nothing else; null: all clicks on the link.
    """

    place: int | None
    link: int
    label: str
    url: str
    address: str | None
    people: int
    machines: int
    share: float


class MapVariant(msgspec.Struct, frozen=True):
    key: str
    name: str


class ClickMap(msgspec.Struct, frozen=True, kw_only=True):
    """`html`: the letter for a sandboxed frame; "" when it can't be made any more. `sample`: it is
    shown for an invented reader, as nobody has it. `hidden`: people whose machines followed the
    link that nobody sees."""

    variant: str
    variants: list[MapVariant]
    subject: str
    html: str
    sample: bool
    delivered: int
    clicked: int
    machines: int
    hidden: int
    places: list[ClickPlace]


async def click_map(rt: Runtime, spec: ReportSpec, *, variant: str | None, lang: Lang) -> ClickMap:
    """Return the letter of a variant (null: the first) with who followed what in it.

    It is made as a reader of it got it, of those who followed most links. Only the part of the
    mailing that `spec` speaks of is counted. Raises: NotFound before the launch, or for another
    variant.
    """
    async with rt.db.begin() as tx:
        try:
            letters = await sent_letters(
                tx, workspace_id=spec.workspace_id, source_id=spec.source_id
            )
        except MailingNotFound as error:
            raise NotFound(what="letter") from error
    key = variant if variant is not None else next(iter(letters), "")
    if key not in letters:
        raise NotFound(what=f"variant {key}")
    reached, by_link, by_address = await asyncio.gather(
        clicked_letter(rt, spec, variant=key),
        clicked_links(rt, spec, variant=key, apart=False),
        clicked_links(rt, spec, variant=key, apart=True),
    )
    context, sample = await _context(rt, spec, key, reached.reader, lang)
    try:
        letter = await asyncio.to_thread(map_letter, letters[key][1], context)
    except LetterBroken:
        letter = MappedLetter("", "", [], [])
    return ClickMap(
        variant=key,
        variants=[MapVariant(one, name) for one, (name, _) in letters.items()],
        subject=letter.subject,
        html=letter.html,
        sample=sample,
        delivered=reached.delivered,
        clicked=reached.clicked,
        machines=reached.machines,
        hidden=reached.hidden,
        places=places_of(letter, by_link, by_address, reached.delivered),
    )


def places_of(
    letter: MappedLetter,
    by_link: Mapping[tuple[int, str], tuple[int, int]],
    by_address: Mapping[tuple[int, str], tuple[int, int]],
    delivered: int,
) -> list[ClickPlace]:
    """Give every place its clicks; pure. Counts are (people, machines) by link and address.

    A link that stands at one place gets all of its clicks, whatever address each person had. One
    that a loop shows at several is told apart by the address; what was followed at addresses that
    this reader does not see comes after the letter's places.
    """
    times = Counter(place.link for place in letter.places)

    def entry(
        place: int | None, link: int, label: str, url: str, address: str | None
    ) -> ClickPlace:
        found = by_link.get((link, "")) if address is None else by_address.get((link, address))
        people, machines = found or (0, 0)
        return ClickPlace(
            place=place,
            link=link,
            label=label,
            url=url,
            address=address,
            people=people,
            machines=machines,
            share=people / delivered if delivered else 0.0,
        )

    shown = [
        entry(
            number,
            place.link,
            place.label,
            place.url,
            place.url if times[place.link] > 1 else None,
        )
        for number, place in enumerate(letter.places)
    ]
    seen = {(place.link, place.url) for place in letter.places}
    others = [
        entry(None, link, "", address, address)
        for link, address in by_address
        if times[link] > 1 and (link, address) not in seen
    ]
    absent = [
        entry(None, link.index, "", link.url, None)
        for link in letter.links
        if link.index not in times
    ]
    return [*shown, *absent, *others[:ADDRESSES_SHOWN]]


async def _context(
    rt: Runtime, spec: ReportSpec, variant: str, reader: int, lang: Lang
) -> tuple[dict[str, Any], bool]:
    """Return what the letter is made of, and whether its reader is invented."""
    async with rt.db.begin() as tx:
        workspace = await get_workspace(tx, workspace_id=spec.workspace_id)
        people = await letter_people(
            tx,
            workspace_id=spec.workspace_id,
            profile_ids=[reader] if reader else [],
            with_orders=True,
        )
        articles = await letter_articles(
            tx, workspace_id=spec.workspace_id, profile_id=reader if reader in people else None
        )
        # Of a letter that is asked for, a part of what it says came with the request.
        data = (
            await latest_data(
                tx,
                workspace_id=spec.workspace_id,
                source_id=spec.source_id,
                variant=variant,
                profile_id=reader,
            )
            if spec.repeated and reader in people
            else {}
        )
    sample = reader not in people
    person = people.get(reader, {})
    context = preview_context(
        customer=sample_customer(lang) if sample else person["customer"],
        orders=(
            sample_orders(lang, workspace.currency, spec.as_of) if sample else person["orders"]
        ),
        articles=articles,
        workspace={
            "name": workspace.name,
            "timezone": workspace.timezone,
            "currency": workspace.currency,
            "lang": workspace.lang,
        },
        base_url=rt.settings.base_url,
        now=spec.launched_at or spec.as_of,
        lang=lang,
    )
    campaign = {"id": str(spec.source_id), "name": spec.name, "variant": variant}
    return {**context, "data": data, "campaign": campaign}, sample


def click_rows(found: ClickMap, lang: Lang) -> list[list[Any]]:
    """Return the map as the rows of a table, the names of its columns first."""
    rows: list[list[Any]] = [[text.of(lang) for text in COLUMNS.values()]]
    rows += [
        [
            "" if one.place is None else one.place + 1,
            one.label,
            one.url,
            one.people,
            round(one.share, 6),
            one.machines,
        ]
        for one in found.places
    ]
    return rows
