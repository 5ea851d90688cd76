"""An installation from before destinations: the places of its schedules go on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic import command

from otklik.entrypoints.engines import EngineUrls
from otklik.kit.ids import new_id
from otklik.runtime.postgres_migrations import _config

OLD = """
INSERT INTO export_schedules (schedule_id, workspace_id, name, plan, mode, rhythm, destination,
  secret, pattern, enabled, next_at, done_until, created_at, updated_at)
SELECT id, 7, name, '{}', 'full', '{}', destination::jsonb, secret, '', true, now(), now(), now(),
  now()
FROM (VALUES
  (CAST(:store AS uuid), 'Warehouse', '{"kind": "s3", "bucket": "b"}', 'sealed'),
  (CAST(:files AS uuid), 'By hand', '{"kind": "download"}', NULL)
) AS v (id, name, destination, secret)
"""


@pytest.fixture
def empty(engines: EngineUrls) -> Iterator[sa.Engine]:
    """A schema without any table."""
    url = f"postgresql+psycopg://{engines.database_url.split('://', 1)[1]}"
    server = sa.create_engine(url, poolclass=sa.NullPool)
    name = f"old_{new_id().hex}"
    with server.begin() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {name}"))
    own = sa.create_engine(
        url, poolclass=sa.NullPool, connect_args={"options": f"-csearch_path={name}"}
    )
    yield own
    own.dispose()
    with server.begin() as connection:
        connection.execute(sa.text(f"DROP SCHEMA {name} CASCADE"))
    server.dispose()


def _upgrade(database: sa.Engine, revision: str) -> None:
    with database.connect() as connection:
        command.upgrade(_config(connection), revision)
        connection.commit()


async def test_places_of_schedules_become_destinations(empty: sa.Engine) -> None:
    ids = {"store": new_id(), "files": new_id()}
    await asyncio.to_thread(_upgrade, empty, "0013")
    with empty.begin() as connection:
        connection.execute(sa.text(OLD), ids)
    await asyncio.to_thread(_upgrade, empty, "head")
    with empty.connect() as connection:
        places = connection.execute(
            sa.text("SELECT workspace_id, name, place->>'bucket', secret FROM export_destinations")
        ).all()
        schedules = connection.execute(
            sa.text(
                "SELECT s.name, d.name FROM export_schedules s"
                " LEFT JOIN export_destinations d USING (destination_id) ORDER BY 1"
            )
        ).all()
    assert places == [(7, "Warehouse", "b", "sealed")]
    assert schedules == [("By hand", None), ("Warehouse", "Warehouse")]
