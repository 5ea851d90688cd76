"""Makes safe pictures of uploads: what is served was encoded here, never by a stranger.

Decoding is the only proof that a file is a picture; whatever else was in it (metadata, scripts,
trailing data, the place where a photo was taken) is gone after encoding anew.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from otklik.content.errors import BadPicture
from otklik.content.media.model import (
    FULL_WIDTH,
    HEAVY_BYTES,
    SMALL_WIDTH,
    UPLOAD_BYTES_MAX,
    Made,
    PictureFormat,
    PictureSize,
    Remake,
)

PIXELS_MAX = 50_000_000
"""A small file may unfold to gigabytes: size is looked at before a pixel is decoded."""
SIDE_MAX = 20_000
FRAMES_MAX = 200
ANIMATED_PIXELS_MAX = 60_000_000
"""Of all frames together, after they are made smaller."""
_DECODED_PIXELS_MAX = 300_000_000
"""Of all frames together, as they are in the upload."""
# The library raises at twice this number, also for frames that are larger than the first; what it
# warns of below that is allowed here.
Image.MAX_IMAGE_PIXELS = PIXELS_MAX // 2
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# One picture in the making may take a few hundred megabytes.
_TURN = threading.BoundedSemaphore(2)
_DECODERS = ("JPEG", "PNG", "WEBP", "GIF")
_FORMATS = {
    "JPEG": PictureFormat.JPG,
    "PNG": PictureFormat.PNG,
    "WEBP": PictureFormat.WEBP,
    "GIF": PictureFormat.GIF,
}


def make_sizes(upload: bytes) -> list[Made]:
    """Return an upload in its sizes, the full one first; small pictures have only that.

    JPEG, PNG, WebP and GIF, moving or not; SVG and everything else is refused. Takes up to some
    seconds: not for an event loop. Raises: BadPicture.
    """
    if len(upload) > UPLOAD_BYTES_MAX:
        raise _bad("the file is larger than 15 MB.", "файл больше 15 МБ.")
    return _read(upload, _sizes)


def remake_sizes(kept: bytes, wanted: Remake) -> list[Made]:
    """Return the sizes of a kept picture after it was cut, made smaller or encoded otherwise.

    Takes up to some seconds, like `make_sizes`. Raises: BadPicture for a moving picture, which
    stays as it is, and for a cut that leaves nothing.
    """
    return _read(kept, lambda image: _remade(image, wanted))


def _read(data: bytes, make: Callable[[Image.Image], list[Made]]) -> list[Made]:
    try:
        with _TURN, Image.open(io.BytesIO(data), formats=_DECODERS) as image:
            return make(image)
    except BadPicture:
        raise
    except UnidentifiedImageError as error:
        raise _bad(
            "it is no JPEG, PNG, WebP or GIF.", "это не JPEG, PNG, WebP и не GIF."
        ) from error
    except (Image.DecompressionBombError, MemoryError) as error:
        raise _too_large() from error
    except Exception as error:
        # Decoders of damaged files raise whatever they stumble over.
        raise _bad("the file is damaged.", "файл повреждён.") from error


def _sizes(image: Image.Image) -> list[Made]:
    width, height = image.size
    if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise _too_large()
    chosen = _FORMATS[str(image.format)]
    animated = bool(getattr(image, "is_animated", False)) and chosen in (
        PictureFormat.GIF,
        PictureFormat.WEBP,
        PictureFormat.PNG,
    )
    if animated and chosen is PictureFormat.PNG:
        animated = False  # mail programs show its first frame; so does the letter
    if animated:
        full = _moving(image, chosen, PictureSize.FULL, FULL_WIDTH)
        if full.width <= SMALL_WIDTH:
            return [full]
        return [full, _moving(image, chosen, PictureSize.SMALL, SMALL_WIDTH)]
    image.seek(0)
    # The camera's note which way is up is lost with the metadata, so it is carried out first.
    return _in_sizes(_bare_colours(ImageOps.exif_transpose(image)), chosen)


def _remade(image: Image.Image, wanted: Remake) -> list[Made]:
    if bool(getattr(image, "is_animated", False)):
        raise _bad("a moving picture stays as it is.", "анимированная остаётся как есть.")
    whole = image
    if wanted.crop is not None:
        left, top, right, bottom = wanted.crop
        box = (
            round(left * image.width),
            round(top * image.height),
            round(right * image.width),
            round(bottom * image.height),
        )
        if box[2] - box[0] < 1 or box[3] - box[1] < 1:
            raise _bad("nothing is left of it.", "от неё ничего не остаётся.")
        whole = image.crop(box)
    chosen = wanted.format or _FORMATS[str(image.format)]
    return _in_sizes(_bare_colours(whole), chosen, width_max=wanted.width or FULL_WIDTH)


def _in_sizes(
    image: Image.Image, chosen: PictureFormat, *, width_max: int = FULL_WIDTH
) -> list[Made]:
    full = _still(image, chosen, PictureSize.FULL, width_max)
    if chosen is PictureFormat.PNG and len(full.data) > HEAVY_BYTES and not _has_alpha(image):
        # A photograph as PNG is several times as heavy as it need be.
        lighter = _still(image, PictureFormat.JPG, PictureSize.FULL, width_max)
        if len(lighter.data) * 2 < len(full.data):
            full, chosen = lighter, PictureFormat.JPG
    if full.width <= SMALL_WIDTH:
        return [full]
    return [full, _still(image, chosen, PictureSize.SMALL, SMALL_WIDTH)]


def _has_alpha(image: Image.Image) -> bool:
    return image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)


def _bare_colours(image: Image.Image) -> Image.Image:
    """Return a picture in the colours that every mail program means, which know no profiles."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        try:
            made = ImageCms.profileToProfile(
                image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode=mode
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            made = None  # a damaged profile is none
        if made is not None:
            return made
    if image.mode in ("RGB", "RGBA", "L"):
        return image
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _fitted(width: int, height: int, width_max: int) -> tuple[int, int]:
    if width <= width_max:
        return width, height
    return width_max, max(1, round(height * width_max / width))


def _still(image: Image.Image, chosen: PictureFormat, size: PictureSize, width_max: int) -> Made:
    if chosen is PictureFormat.JPG and image.mode == "RGBA":
        # What is seen through lies on the white of most letters.
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image).convert("RGB")
    fitted = image.resize(_fitted(*image.size, width_max), Image.Resampling.LANCZOS)
    # Frames of before, profiles and comments travel in `info`; a bare copy has none.
    bare = Image.frombytes(fitted.mode, fitted.size, fitted.tobytes())
    data = b""
    for options in _OPTIONS[chosen]:
        data = _written(partial(bare.save, format=_encoder(chosen), **options))
        if len(data) <= HEAVY_BYTES:
            break
    return Made(size, chosen, *bare.size, data)


# The second is for what is heavy with the first.
_OPTIONS: dict[PictureFormat, tuple[dict[str, Any], ...]] = {
    PictureFormat.JPG: (
        {"quality": 82, "optimize": True, "progressive": True},
        {"quality": 70, "optimize": True, "progressive": True},
    ),
    PictureFormat.PNG: ({"optimize": True},),
    PictureFormat.WEBP: ({"quality": 82, "method": 4}, {"quality": 70, "method": 4}),
    PictureFormat.GIF: ({"optimize": True},),
}


def _moving(image: Image.Image, chosen: PictureFormat, size: PictureSize, width_max: int) -> Made:
    count = int(getattr(image, "n_frames", 1))
    fitted = _fitted(*image.size, width_max)
    decoded = image.width * image.height * count
    made = fitted[0] * fitted[1] * count
    if count > FRAMES_MAX or made > ANIMATED_PIXELS_MAX or decoded > _DECODED_PIXELS_MAX:
        raise _bad(
            f"the picture moves too long: at most {FRAMES_MAX} frames.",
            f"анимация слишком длинная: не больше {FRAMES_MAX} кадров.",
        )
    frames: list[Image.Image] = []
    durations: list[int] = []
    for frame in ImageSequence.Iterator(image):
        durations.append(max(20, min(60_000, int(frame.info.get("duration", 100) or 100))))
        whole = frame.convert("RGBA").resize(fitted, Image.Resampling.LANCZOS)
        frames.append(Image.frombytes("RGBA", whole.size, whole.tobytes()))
    loop = int(image.info.get("loop", 0) or 0)
    options: dict[str, Any] = {
        "save_all": True,
        "append_images": frames[1:],
        "duration": durations,
        "loop": loop,
    }
    options |= {"quality": 80} if chosen is PictureFormat.WEBP else {"disposal": 2}
    data = _written(lambda out: frames[0].save(out, _encoder(chosen), **options))
    return Made(size, chosen, *fitted, data, animated=True)


def _encoder(chosen: PictureFormat) -> str:
    return next(name for name, one in _FORMATS.items() if one is chosen)


def _written(save: Callable[[io.BytesIO], None]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def _bad(reason: str, reason_ru: str) -> BadPicture:
    return BadPicture(
        reason=f"The picture can't be taken: {reason}",
        reason_ru=f"Картинку принять нельзя: {reason_ru}",
    )


def _too_large() -> BadPicture:
    return _bad("it has more than 50 million pixels.", "в ней больше 50 миллионов точек.")
