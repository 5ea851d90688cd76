"""Pictures: what is served was encoded here, and is small enough for a letter."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from otklik.content.errors import BadPicture
from otklik.content.media.model import Made, PictureFormat, Weight, weight_of
from otklik.content.media.pictures import make_sizes


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(made: Made) -> Image.Image:
    return Image.open(io.BytesIO(made.data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_wide_picture_gets_two_sizes_of_its_own_kind(kind: str) -> None:
    full, small = make_sizes(written(Image.new("RGB", (2_000, 1_000), "#336699"), kind))
    assert (full.size, full.width, full.height) == ("full", 1_300, 650)
    assert (small.size, small.width, small.height) == ("small", 600, 300)
    for made in (full, small):
        assert opened(made).format == kind
        assert opened(made).size == (made.width, made.height)
        assert not made.animated


def test_a_small_picture_stays_as_large_as_it_is() -> None:
    [only] = make_sizes(written(Image.new("L", (300, 40)), "PNG"))
    assert (only.width, only.height, only.format) == (300, 40, PictureFormat.PNG)


def test_transparency_is_kept() -> None:
    for kind in ("PNG", "WEBP"):
        [only] = make_sizes(written(Image.new("RGBA", (10, 10), (255, 0, 0, 0)), kind))
        assert opened(only).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index] # a colour has four parts


def test_a_camera_s_turn_is_carried_out_and_its_notes_are_gone() -> None:
    photo = Image.new("RGB", (20, 10), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SECRET CAMERA"
    [only] = make_sizes(written(photo, "JPEG", exif=exif, comment=b"SECRET COMMENT"))
    assert (only.width, only.height) == (10, 20)
    assert not opened(only).getexif()
    assert b"SECRET" not in only.data


def test_what_hides_in_a_picture_is_gone() -> None:
    notes = PngInfo()
    notes.add_text("note", "<script>alert(1)</script>")
    upload = written(Image.new("RGB", (9, 9)), "PNG", pnginfo=notes) + b"<?php SECRET ?>"
    [only] = make_sizes(upload)
    assert b"script" not in only.data
    assert b"SECRET" not in only.data


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_a_moving_picture_goes_on_moving(kind: str) -> None:
    frames = [Image.new("RGB", (700, 20), color) for color in ("red", "green", "blue")]
    upload = written(frames[0], kind, save_all=True, append_images=frames[1:], duration=200, loop=0)
    made = make_sizes(upload)
    assert [one.width for one in made] == [700, 600]
    for one in made:
        assert one.animated
        assert getattr(opened(one), "n_frames", 1) == 3


def test_a_film_is_too_much() -> None:
    frames = [Image.new("RGB", (4, 4), (index, 255 - index, 0)) for index in range(202)]
    upload = written(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=20)
    with pytest.raises(BadPicture, match="200 frames"):
        make_sizes(upload)


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 30,000 by 30,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"not a picture",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>',
        b"GIF89a<script>alert(1)</script>",
        b"%PDF-1.4",
        written(Image.new("RGB", (10, 10)), "BMP"),
        written(Image.new("RGB", (10, 10)), "TIFF"),
        written(Image.new("RGB", (500, 500), "red"), "JPEG")[:400],
        bomb(),
        b"\xff" * (15 * 1024 * 1024 + 1),
    ],
    ids=["empty", "text", "svg", "gif", "pdf", "bmp", "tiff", "cut", "bomb", "heavy"],
)
def test_what_is_no_picture_is_refused(upload: bytes) -> None:
    with pytest.raises(BadPicture):
        make_sizes(upload)


def test_weights_have_names() -> None:
    sizes = (200 * 1024, 200 * 1024 + 1, 1024 * 1024 + 1)
    assert [weight_of(one) for one in sizes] == [Weight.FINE, Weight.HEAVY, Weight.TOO_HEAVY]
