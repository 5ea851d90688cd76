"""The map of clicks: which place of a letter people followed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.di import Provide

from otklik.accounts.public import Role, Workspace, provide_principal
from otklik.analytics.clickmap import places_of
from otklik.analytics.http import handlers
from otklik.analytics.public import ArmSpec, ReportSpec
from otklik.content.public import (
    LetterKind,
    LetterSource,
    LinkPlace,
    map_letter,
    starters,
)
from otklik.delivery.model import Variant
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime
from otklik.runtime.web.app import create_app
from tests.conftest import client_of, signed_in
from tests.delivery.support import letter, mailing_to, make_people

from .conftest import START, Store
from .recount import FactRow

HTML = """<html><head></head><body>
<a href="https://shop.example/sale"><img src="https://shop.example/x.png" alt="The   sale"></a>
<a href='https://shop.example/sale'>See <b>all</b></a>
{% for one in customer.likes %}<a href="https://shop.example/p/{{ one }}">{{ one }}</a>{% endfor %}
{% if customer.company %}<a href="https://shop.example/firms">For companies</a>{% endif %}
<a href="mailto:hello@shop.example">Write</a>
<a href="{{ unsubscribe_url }}">Unsubscribe</a>
</body></html>"""
CONTEXT = {
    "customer": {"likes": ["tea", "cups"]},
    "unsubscribe_url": "https://shop.example/u",
}


def mapped(source: str = HTML, context: dict[str, Any] = CONTEXT) -> Any:
    return map_letter(LetterSource(LetterKind.HTML, "Hello", source), context)


def test_it_marks_every_place_that_is_counted_and_nothing_leads_anywhere() -> None:
    found = mapped()
    assert found.places == [
        LinkPlace(0, "https://shop.example/sale", "The sale"),
        LinkPlace(1, "https://shop.example/sale", "See all"),
        LinkPlace(2, "https://shop.example/p/tea", "tea"),
        LinkPlace(2, "https://shop.example/p/cups", "cups"),
    ]
    for place in range(4):
        assert found.html.count(f"#otklik-place-{place}") == 1
    assert "shop.example/sale" not in found.html
    assert "default-src 'none'" in found.html
    assert [link.index for link in found.links] == [0, 1, 2, 3]


def test_it_gives_every_place_its_own_clicks() -> None:
    tea, cups, pots = (f"https://shop.example/p/{one}" for one in ("tea", "cups", "pots"))
    by_link = {(0, ""): (5, 1), (1, ""): (2, 0), (2, ""): (6, 3)}
    by_address = {(2, tea): (4, 1), (2, cups): (1, 0), (2, pots): (2, 2)}
    found = places_of(mapped(), by_link, by_address, 20)
    assert [(one.place, one.people, one.machines) for one in found] == [
        (0, 5, 1),
        (1, 2, 0),
        (2, 4, 1),
        (3, 1, 0),
        (None, 0, 0),  # for companies: this reader is none
        (None, 2, 2),  # what another reader likes
    ]
    assert found[0].share == 0.25
    assert found[2].address == tea
    assert found[4].url == "https://shop.example/firms"
    assert found[5].address == pots


def test_it_takes_the_addresses_of_a_single_personal_place_together() -> None:
    one = mapped(context={**CONTEXT, "customer": {"likes": ["tea"]}})
    found = places_of(one, {(2, ""): (7, 0)}, {(2, "https://shop.example/p/pots"): (7, 0)}, 0)
    assert (found[2].address, found[2].people, found[2].share) == (None, 7, 0.0)


def test_block_letters_have_places_too() -> None:
    ready = next(one for one in starters() if one.kind is LetterKind.BLOCKS)
    found = map_letter(ready.as_source, {**CONTEXT, "workspace": {"name": "Acme"}})
    assert found.places
    assert all(f'"#otklik-place-{n}"' in found.html for n in range(len(found.places)))


@pytest.fixture
async def store(rt: Runtime, workspace: Workspace) -> Store:
    """A mailing with a letter, and the facts of what its readers did."""
    made = Store(rt)
    made.workspace_id = workspace.id
    people = await make_people(rt, workspace, [f"reader{n}" for n in range(5)])
    variants = [Variant("A", "Red", 10_000, letter(source=HTML))]
    made.source_id = await mailing_to(rt, workspace, people, variants=variants)
    sale = "https://shop.example/sale"
    facts = [
        row
        for n, person in enumerate(people)
        for row in (
            FactRow(n, person, "A", "assigned", START),
            FactRow(n, person, "A", "sent", START),
        )
    ]
    facts += [
        FactRow(0, people[0], "A", "clicked", START, "person", url=sale),
        FactRow(0, people[0], "A", "clicked", START, "scanner", reason="honeypot", url=sale),
        FactRow(1, people[1], "A", "clicked", START, "scanner", reason="honeypot", url=sale),
        FactRow(0, people[0], "A", "opened", START, "person", reason="clicked"),
    ]
    await made.facts(facts)
    return made


@pytest.fixture
def reports(rt: Runtime, store: Store) -> object:
    async def spec_of(
        _rt: Runtime, workspace_id: int, campaign_id: UUID, as_of: datetime, _lang: Lang
    ) -> ReportSpec:
        if (workspace_id, campaign_id) != (store.workspace_id, store.source_id):
            raise NotFound(what="campaign")
        later = START + timedelta(days=1)
        return store.spec(arms=(ArmSpec("A", "Red", 10_000),), goal=None, as_of=later)

    return create_app(rt, api=handlers(spec_of), dependencies={"who": Provide(provide_principal)})


@pytest.fixture
async def colleague(
    rt: Runtime, reports: object, workspace: Workspace
) -> AsyncIterator[httpx.AsyncClient]:
    async with await signed_in(rt, reports, workspace.id, Role.ANALYST) as client:
        yield client


async def test_the_map_and_the_people_behind_it_agree(
    store: Store, colleague: httpx.AsyncClient, reports: object, rt: Runtime,
    other_workspace: Workspace,
) -> None:  # fmt: skip
    path = f"/api/v1/campaigns/{store.source_id}/report"
    found = (await colleague.get(f"{path}/clicks")).json()
    counts = (found["delivered"], found["clicked"], found["machines"], found["hidden"])
    assert counts == (5, 1, 1, 0)
    assert found["sample"] is False
    assert found["variants"] == [{"key": "A", "name": "Red"}]
    first = found["places"][0]
    assert (first["people"], first["machines"], first["share"]) == (1, 1, 0.2)
    behind = {"figure": "clicked_person", "arm": "A", "link": first["link"]}
    people = (await colleague.get(f"{path}/people", params=behind)).json()
    assert people["total"] == first["people"]
    nobody = await colleague.get(f"{path}/people", params={**behind, "link": 1})
    assert nobody.json()["total"] == 0
    lines = (await colleague.get(f"{path}/people.csv", params={**behind, "link": 0})).text
    assert len(lines.splitlines()) == 2, "its head and one person"
    table = (await colleague.get(f"{path}/clicks.csv")).text
    assert "1,The sale,https://shop.example/sale,1,0.2,1" in table
    assert (await colleague.get(f"{path}/clicks?variant=Z")).status_code == 404
    (person, scanner) = (await colleague.get(f"{path}/hits")).json()
    assert (person["verdict"], person["clicks"], person["clicked_people"]) == ("person", 1, 1)
    assert (scanner["verdict"], scanner["clicks"], scanner["clicked_people"]) == ("scanner", 2, 2)
    assert scanner["what"] == "followed a link that nobody sees"
    async with await signed_in(rt, reports, other_workspace.id, Role.OWNER) as stranger:
        assert (await stranger.get(f"{path}/hits")).status_code == 404
        assert (await stranger.get(f"{path}/clicks")).status_code == 404
    async with client_of(reports) as nobody_in:
        assert (await nobody_in.get(f"{path}/clicks")).status_code == 401
