"""Alembic's environment: one connection given by the caller, one transaction."""

from typing import Any

from alembic import context

from otklik.entrypoints.wiring import metadata


def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """The job queue brings its own schema; its tables are none of ours to compare."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_server_default=True,
    include_object=ours,
)
with context.begin_transaction():
    context.run_migrations()
