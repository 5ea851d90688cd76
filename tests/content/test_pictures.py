"""Pictures: what is served was encoded here, and is small enough for a letter."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from otklik.content.errors import BadPicture
from otklik.content.media.library import name_of_copy
from otklik.content.media.model import (
    HEAVY_BYTES,
    Made,
    PictureFormat,
    PictureSize,
    Remake,
    Weight,
    weight_of,
)
from otklik.content.media.pictures import make_sizes, remake_sizes


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


def photograph(mode: str = "RGB") -> Image.Image:
    """A picture that PNG can't make small: noise, as cameras give."""
    return Image.effect_noise((900, 600), 60).convert(mode)


def test_a_photograph_in_png_becomes_a_jpeg() -> None:
    full, small = make_sizes(written(photograph(), "PNG"))
    assert (full.format, small.format) == (PictureFormat.JPG, PictureFormat.JPG)
    assert opened(full).format == "JPEG"
    seen_through = photograph("RGBA")
    seen_through.putpixel((0, 0), (0, 0, 0, 0))
    assert {one.format for one in make_sizes(written(seen_through, "PNG"))} == {PictureFormat.PNG}


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_heavy_picture_is_encoded_once_more(kind: str) -> None:
    upload = written(photograph(), kind, quality=95)
    [full, _] = make_sizes(upload)
    bare = written(photograph(), kind, quality=82)
    assert len(bare) > HEAVY_BYTES
    assert len(full.data) < len(bare)


def test_colours_are_those_that_were_seen() -> None:
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    # A damaged profile is none; one of another space than the picture's is not used.
    for profile in (b"nonsense", wide.tobytes()):
        upload = written(Image.new("RGB", (8, 8), (200, 30, 40)), "PNG", icc_profile=profile)
        [only] = make_sizes(upload)
        assert opened(only).convert("RGB").getpixel((4, 4)) == (200, 30, 40)
        assert "icc_profile" not in opened(only).info
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    upload = written(Image.new("RGBA", (8, 8), (200, 30, 40, 90)), "PNG", icc_profile=own)
    [only] = make_sizes(upload)
    assert opened(only).getpixel((4, 4)) == (200, 30, 40, 90)


def test_a_copy_is_cut_made_smaller_and_encoded_otherwise() -> None:
    kept = Image.new("RGB", (1_000, 500), "red")
    kept.paste("blue", (500, 0, 1_000, 500))
    cut = Remake(crop=(0.5, 0.0, 1.0, 1.0), width=200, format=PictureFormat.WEBP)
    [made] = remake_sizes(written(kept, "PNG"), cut)
    assert (made.width, made.height, opened(made).format) == (200, 200, "WEBP")
    red, _, blue = opened(made).convert("RGB").getpixel((100, 100))  # type: ignore[misc] # three parts
    assert (blue > 200, red < 60) == (True, True)
    full, small = remake_sizes(written(kept, "PNG"), Remake(format=PictureFormat.JPG))
    assert (full.width, small.width, full.size) == (1_000, 600, PictureSize.FULL)
    assert name_of_copy("Kettle.PNG", made) == "Kettle-200.webp"


def test_what_was_seen_through_lies_on_white_in_a_jpeg() -> None:
    upload = written(Image.new("RGBA", (20, 20), (255, 0, 0, 0)), "PNG")
    [made] = remake_sizes(upload, Remake(format=PictureFormat.JPG))
    assert opened(made).getpixel((10, 10)) == (255, 255, 255)


def test_a_copy_of_nothing_and_of_a_moving_picture_is_refused() -> None:
    still = written(Image.new("RGB", (10, 10)), "PNG")
    with pytest.raises(BadPicture, match="nothing is left"):
        remake_sizes(still, Remake(crop=(0.5, 0.0, 0.5, 1.0)))
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    moving = written(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=99)
    with pytest.raises(BadPicture, match="moving"):
        remake_sizes(moving, Remake(width=8))


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
