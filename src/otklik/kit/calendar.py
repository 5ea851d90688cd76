"""Names of months and days of the week, and dates in words."""

from __future__ import annotations

from datetime import date
from typing import Final

from otklik.kit.i18n import Lang

MONTHS: Final[dict[Lang, tuple[str, ...]]] = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "ru": (
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ),
}
"""As they stand in dates: in Russian in the genitive, 5 марта."""


def day_text(lang: Lang, day: date) -> str:
    """Return a date in words: 12 November 2026, 12 ноября 2026."""
    return f"{day.day}\u00a0{MONTHS[lang][day.month - 1]} {day.year}"
