"""Which traits of customers letters name."""

from __future__ import annotations

import re
from uuid import UUID

import sqlalchemy as sa

from otklik.runtime.public import Tx

# `customer` and the steps after it, as Liquid writes them. By what a word ends at and not by what
# letters are: databases differ in that. A place outside of Liquid that looks like one may be found
# too, which protects a trait in vain; none is missed. In the document of a block letter, which is
# JSON, a double quote has a backslash before it.
_PATH = (
    r"""\mcustomer((?:\.[^]\s.|[{}()<>"',:;=!?\\]+"""
    r"""|\[\s*\\?"[^"\\]*\\?"\s*\]|\[\s*'[^']*'\s*\])+)"""
)
_STEP = re.compile(r"""\.([^.\[]+)|\[\s*(?:\\?"([^"\\]*)\\?"|'([^']*)')\s*\]""")


_FOUND = """
SELECT l.id, l.name, array_agg(DISTINCT found.path[1]) AS paths
FROM letters l CROSS JOIN LATERAL regexp_matches(
    concat_ws(E'\\n', l.subject, l.preheader, l.source, l.text, l.amp), :pattern, 'g'
) AS found(path)
WHERE l.workspace_id = :workspace_id
GROUP BY l.id, l.name ORDER BY l.id
"""


async def traits_of_letters(tx: Tx, *, workspace_id: int) -> list[tuple[UUID, str, frozenset[str]]]:
    """Return id, name and traits ("city", "engagement.points") of every letter that names any."""
    rows = await tx.execute(sa.text(_FOUND), {"workspace_id": workspace_id, "pattern": _PATH})
    return [(row.id, row.name, frozenset(map(_name, row.paths))) for row in rows]


def _name(path: str) -> str:
    return ".".join(a or b or c for a, b, c in _STEP.findall(path))
