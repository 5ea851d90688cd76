"""Rows as they will be, for the preview: by the names of what they become."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from otklik.ingestion.imports.cells import plain
from otklik.ingestion.imports.facts import ConsentRow, EventRow, StopRow
from otklik.ingestion.imports.rows import Customer, OrderRow

Made = Customer | OrderRow | EventRow | ConsentRow | list[StopRow]


def shown(made: Made) -> dict[str, Any]:
    """Return a good row by the names of what it will become."""
    match made:
        case Customer():
            return _said_of(made.call)
        case OrderRow():
            return _order(made)
        case EventRow():
            call = made.call
            return {
                "event": call["event"],
                "time": call["timestamp"],
                **dict(made.people),
                **call["properties"],
            }
        case ConsentRow():
            said = {name: value for name, value in made.said.items() if name != "topic_id"}
            return {
                **dict(made.people),
                "status": made.effect,
                **({"time": made.at.isoformat()} if made.at else {}),
                **said,
                **_said_of(made.identify),
            }
        case _:
            return {
                name: value
                for stop in made
                for name, value in (
                    (stop.channel, stop.address),
                    ("status", stop.reason),
                    ("time", stop.at.isoformat() if stop.at else None),
                )
                if value is not None
            }


def people_of(made: Made) -> list[tuple[str, str]]:
    """Return the identifiers by which a row names somebody."""
    match made:
        case Customer():
            said = _said_of(made.call)
            named = [(kind, said[kind]) for kind in ("user_id", "email", "phone") if said.get(kind)]
            external = made.call.get("context", {}).get("externalIds", [])
            return named + [(one["type"], one["id"]) for one in external]
        case OrderRow():
            person = {"user_id": made.user_id, "email": made.email, "phone": made.phone}
            return [(kind, value) for kind, value in person.items() if value] + made.external
        case EventRow() | ConsentRow():
            return made.people
        case _:
            return []


def _said_of(call: dict[str, Any]) -> dict[str, Any]:
    external = call.get("context", {}).get("externalIds", [])
    return {
        **({"user_id": call["userId"]} if "userId" in call else {}),
        **{entry["type"]: entry["id"] for entry in external},
        **call["traits"],
    }


def _order(made: OrderRow) -> dict[str, Any]:
    person = {"user_id": made.user_id, "email": made.email, "phone": made.phone}
    return {
        "order_id": made.order_id,
        "time": datetime.fromtimestamp(made.time_ms / 1000, UTC).isoformat(),
        **{name: value for name, value in person.items() if value},
        **dict(made.external),
        **made.product,
        "amount": plain(made.amount),
        **({"total": plain(made.total)} if made.total is not None else {}),
        **({"currency": made.currency} if made.currency else {}),
        **({"status": made.status} if made.status else {}),
        **made.properties,
    }
