"""Colours of letters: contrast as WCAG 2.2 counts it, and what a colour becomes in the dark."""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache

from PIL import ImageColor

CONTRAST_TEXT = 4.5
"""WCAG 2.2, 1.4.3 (AA), for text of usual size; `CONTRAST_LARGE` from 24 px, or 18.66 px bold."""
CONTRAST_LARGE = 3.0
_CONTRAST_DARK = 7.0
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_NAME = re.compile(r"[a-z]{3,20}", re.IGNORECASE)
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)", re.IGNORECASE)


def as_hex(value: str) -> str | None:
    """Return `#rrggbb` for #rgb, #rrggbb and rgb(r, g, b); None for anything else."""
    text = value.strip()
    if _HEX.fullmatch(text):
        digits = text[1:].lower()
        return "#" + (digits if len(digits) == 6 else "".join(one * 2 for one in digits))
    match = _RGB.fullmatch(text)
    if match is None:
        return None
    parts = [int(group) for group in match.groups()]
    return "#" + "".join(f"{part:02x}" for part in parts) if max(parts) <= 255 else None


def named_as_hex(value: str) -> str | None:
    """Like `as_hex`, and knows the names of CSS: office programs write "red", not #ff0000."""
    text = value.strip()
    if not _NAME.fullmatch(text):
        return as_hex(text)
    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError:
        return None  # a colour of the reader's system, `inherit` and the like
    return f"#{red:02x}{green:02x}{blue:02x}"


@lru_cache(maxsize=1_024)
def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=1_024)
def in_dark(background: str) -> str:
    """Return what a background becomes where the reader wants dark: light ones turn, deep ones
    and strong ones stay near what they are."""
    hue, lightness, saturation = _hls(background)
    if lightness > 0.3 and saturation > 0.5 and lightness < 0.7:
        lightness, saturation = 0.3, saturation * 0.8
    elif lightness > 0.3:
        # A grey page behind a white letter stays behind it. What a light colour has of colour is
        # little, however pure: as pure in the dark it would glow.
        chroma = saturation * (1 - abs(2 * lightness - 1))
        lightness = 0.08 + 0.04 * max(0.0, (lightness - 0.9) * 10)
        saturation = min(0.3, chroma * 2)
    made = _from_hls(hue, lightness, saturation)
    while contrast("#ffffff", made) < _CONTRAST_DARK:
        lightness *= 0.9
        made = _from_hls(hue, lightness, saturation)
    return made


@lru_cache(maxsize=1_024)
def text_in_dark(colour: str, background: str) -> str:
    """Return a colour of the same hue that reads well on `in_dark(background)`."""
    dark = in_dark(background)
    hue, lightness, saturation = _hls(colour)
    lightness = max(lightness, 1 - lightness)
    for step in range(20):
        made = _from_hls(hue, min(1.0, lightness + step * 0.025), saturation * 0.9)
        if contrast(made, dark) >= _CONTRAST_DARK:
            return made
    return "#ffffff"


def line_in_dark(colour: str) -> str:
    """Return what a line becomes: a quiet one stays quiet, a strong one keeps its colour."""
    hue, lightness, saturation = _hls(colour)
    if saturation > 0.4 and 0.25 < lightness < 0.75:
        return colour
    return _from_hls(hue, 0.26, min(saturation, 0.15))


def _parts(colour: str) -> tuple[float, float, float]:
    return (
        int(colour[1:3], 16) / 255,
        int(colour[3:5], 16) / 255,
        int(colour[5:7], 16) / 255,
    )


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hls(colour: str) -> tuple[float, float, float]:
    return colorsys.rgb_to_hls(*_parts(colour))


def _from_hls(hue: float, lightness: float, saturation: float) -> str:
    parts = colorsys.hls_to_rgb(hue, lightness, saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
