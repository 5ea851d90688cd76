"""The words of the media library: a picture and its sizes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

UPLOAD_BYTES_MAX = 15 * 1024 * 1024
LIBRARY_BYTES_MAX = 1024 * 1024 * 1024
"""What all pictures of one workspace may take: they are kept in the database, with its backups."""
FULL_WIDTH, SMALL_WIDTH = 1_300, 600
HEAVY_BYTES, TOO_HEAVY_BYTES = 200 * 1024, 1024 * 1024


class PictureFormat(StrEnum):
    JPG = "jpg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"


class PictureSize(StrEnum):
    """`full` is at most 1,300 pixels wide, `small` at most 600."""

    FULL = "full"
    SMALL = "small"


class Weight(StrEnum):
    """`heavy`: over 200 KB, slow on a phone; `too_heavy`: over 1 MB."""

    FINE = "fine"
    HEAVY = "heavy"
    TOO_HEAVY = "too_heavy"


class Made(msgspec.Struct, frozen=True):
    """One size of a picture, encoded anew."""

    size: PictureSize
    format: PictureFormat
    width: int
    height: int
    data: bytes
    animated: bool = False


class Remake(msgspec.Struct, frozen=True, kw_only=True):
    """How a kept picture shall become another one; what is absent stays as it is.

    crop: left, top, right and bottom edge as shares of the whole, 0 to 1. width: at most so many
    pixels.
    """

    crop: tuple[float, float, float, float] | None = None
    width: int | None = None
    format: PictureFormat | None = None


class PictureFile(msgspec.Struct, frozen=True):
    """One size of a picture. `url`: for everybody who knows it."""

    size: PictureSize
    url: str
    format: PictureFormat
    width: int
    height: int
    bytes: int
    weight: Weight


class Picture(msgspec.Struct, frozen=True):
    """A picture of the library. `url` is that of its full size; `used_in`: letters, saved blocks
    and the brand kit that show it."""

    id: UUID
    name: str
    alt: str
    url: str
    animated: bool
    files: list[PictureFile]
    used_in: list[str]
    created_at: datetime


def weight_of(size: int) -> Weight:
    if size > TOO_HEAVY_BYTES:
        return Weight.TOO_HEAVY
    return Weight.HEAVY if size > HEAVY_BYTES else Weight.FINE
