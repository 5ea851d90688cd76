"""Draft a PostgreSQL migration: the difference between the tables in code and the migrations.

`python -m tools.migration "0002_pre_what_it_does"` writes the file; read it before it is committed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from otklik.runtime.embedded.supervisor import EmbeddedEngines
from otklik.runtime.postgres_migrations import migrate_postgres, write_migration


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with (
        tempfile.TemporaryDirectory(prefix="otklik-migration-") as folder,
        EmbeddedEngines(Path(folder), clickhouse=False) as engines,
    ):
        migrate_postgres(engines.database_url)
        write_migration(engines.database_url, sys.argv[1])


if __name__ == "__main__":
    main()
