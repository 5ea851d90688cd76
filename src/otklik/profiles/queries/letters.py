"""What a message needs of its recipients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from otklik.profiles.model.identifiers import EMAIL
from otklik.profiles.model.traits import first_name, last_name
from otklik.profiles.queries.people import load_people
from otklik.runtime.public import Tx

ADDRESS_KINDS: dict[str, str] = {
    "email": EMAIL,
    "sms": "phone",
    "whatsapp": "phone",
    "viber": "phone",
    "calls": "phone",
}


async def profile_addresses(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int], channel: str
) -> dict[int, str]:
    """Return the address of each profile on a channel; those without one are left out.

    The address is the latest one that was said of the person (trait `email` or `phone`), or the
    newest identifier of that kind. A profile merged away answers with its present person's.
    """
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=profile_ids)
    kind = ADDRESS_KINDS.get(channel, channel)
    addresses: dict[int, str] = {}
    for one, person in people.items():
        if kind == EMAIL:
            address = person.email
        elif kind == "phone":
            address = person.phone
        else:
            mine = [m for m in person.identifiers if m.kind == kind]
            address = max(mine, key=lambda m: (m.first_seen, m.value)).value if mine else None
        if address is not None:
            addresses[one] = address
    return addresses


async def render_context(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """Return per profile what a letter may name: {"customer": {…}}, plain values only.

    `customer` has every trait under its own name, and always `id`, `name`, `first_name`,
    `last_name`, `email`, `phone`, `user_id` (texts, empty where nothing is known).
    """
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=profile_ids)
    return {
        one: {
            "customer": {
                **person.traits,
                "id": one,
                "name": person.name,
                "first_name": first_name(person.traits),
                "last_name": last_name(person.traits),
                "email": person.email or "",
                "phone": person.phone or "",
                "user_id": person.user_id or "",
            }
        }
        for one, person in people.items()
    }
