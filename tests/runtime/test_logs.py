"""The log says what failed, never what people have entered."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from otklik.runtime.logs import without_values
from otklik.runtime.public import Tx

SECRET = "anna@mail.example"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT CAST(:value AS int)",
        "SELECT CAST(:value AS uuid)",
        "INSERT INTO names (name) VALUES (:value), (:value)",
        "INSERT INTO names (name) SELECT NULL FROM (SELECT CAST(:value AS text)) one",
    ],
)
async def test_an_error_of_the_database_is_logged_without_its_values(
    tx: Tx, statement: str
) -> None:
    await tx.execute(sa.text("CREATE TEMPORARY TABLE names (name text UNIQUE NOT NULL)"))
    with pytest.raises(DBAPIError) as raised:
        await tx.execute(sa.text(statement), {"value": SECRET})
    error = raised.value
    event: dict[str, Any] = {
        "event": "request failed",
        "error": repr(error),
        "exception": "".join(traceback.format_exception(error)),
    }
    told = without_values(None, "error", event)
    assert SECRET not in str(told)
    assert type(error.orig).__name__ in told["exception"]
