"""Bringing PostgreSQL's schema up to date, once, whoever starts first."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

_LOCK = 0x07_4B_11_4B  # any constant of ours: the advisory lock of migrations


def migrations_folder(kind: str) -> Path:
    """Return the folder of migrations in a checkout or in an installed wheel."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "migrations" / kind
    return installed if installed.is_dir() else package.parents[1] / "migrations" / kind


def migrate_postgres(database_url: str) -> None:
    """Apply what is missing. Several processes may call it at once: one works, others wait.

    Blocking; call it before the event loop starts or in a thread.
    """
    rest = database_url.split("://", 1)[1]
    engine = sa.create_engine(f"postgresql+psycopg://{rest}", poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_advisory_lock(:id)"), {"id": _LOCK})
            connection.commit()
            try:
                command.upgrade(_config(connection), "head")
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(sa.text("SELECT pg_advisory_unlock(:id)"), {"id": _LOCK})
                connection.commit()
    finally:
        engine.dispose()


def write_migration(database_url: str, message: str) -> None:
    """Write a draft of a migration from the difference of tables and schema, for developers."""
    rest = database_url.split("://", 1)[1]
    engine = sa.create_engine(f"postgresql+psycopg://{rest}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)
    engine.dispose()


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder("postgres")))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
