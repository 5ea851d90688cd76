"""Makes safe pictures of uploads: what is served was encoded here, never by a stranger.

Decoding is the only proof that a file is a picture; whatever else was in it (metadata, scripts,
trailing data, the place where a photo was taken) is gone after encoding anew.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from otklik.content.errors import BadPicture
from otklik.content.media.model import (
    FULL_WIDTH,
    SMALL_WIDTH,
    UPLOAD_BYTES_MAX,
    Made,
    PictureFormat,
    PictureSize,
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
    try:
        with _TURN, Image.open(io.BytesIO(upload), formats=_DECODERS) as image:
            return _sizes(image)
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
    make = _moving if animated else _still
    full = make(image, chosen, PictureSize.FULL, FULL_WIDTH)
    if full.width <= SMALL_WIDTH:
        return [full]
    return [full, make(image, chosen, PictureSize.SMALL, SMALL_WIDTH)]


def _fitted(width: int, height: int, width_max: int) -> tuple[int, int]:
    if width <= width_max:
        return width, height
    return width_max, max(1, round(height * width_max / width))


def _still(image: Image.Image, chosen: PictureFormat, size: PictureSize, width_max: int) -> Made:
    image.seek(0)
    # The camera's note which way is up is lost with the metadata, so it is carried out first.
    turned = ImageOps.exif_transpose(image)
    if turned.mode not in ("RGB", "RGBA", "L"):
        has_alpha = "A" in turned.getbands() or "transparency" in turned.info
        turned = turned.convert("RGBA" if has_alpha else "RGB")
    if chosen is PictureFormat.JPG and turned.mode == "RGBA":
        turned = turned.convert("RGB")
    fitted = turned.resize(_fitted(*turned.size, width_max), Image.Resampling.LANCZOS)
    options: dict[PictureFormat, dict[str, Any]] = {
        PictureFormat.JPG: {"quality": 82, "optimize": True, "progressive": True},
        PictureFormat.PNG: {"optimize": True},
        PictureFormat.WEBP: {"quality": 82, "method": 4},
        PictureFormat.GIF: {"optimize": True},
    }
    # Frames of before, profiles and comments travel in `info`; a bare copy has none.
    bare = Image.frombytes(fitted.mode, fitted.size, fitted.tobytes())
    data = _written(lambda out: bare.save(out, _encoder(chosen), **options[chosen]))
    return Made(size, chosen, *bare.size, data)


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
