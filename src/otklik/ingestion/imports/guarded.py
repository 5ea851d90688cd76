"""Reading archives of strangers: no piece is larger than an honest directory of files needs."""

from __future__ import annotations

import io
from typing import Final

from otklik.ingestion.imports.errors import UnsafeFile

DIRECTORY_MAX: Final = 2 * 1024 * 1024


class Guarded(io.BufferedReader):
    """A file that refuses to be read in one huge piece, as a hostile directory asks for."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = DIRECTORY_MAX
        if size > DIRECTORY_MAX:
            raise UnsafeFile()
        return super().read(size)
