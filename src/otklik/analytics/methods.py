"""The statistical methods of a report, named for its reader.

`otklik.experiments` names a method in English, as its Python users read it; the interface shows it
in the reader's language. A test holds that every method of a report has its Russian name.
"""

from __future__ import annotations

from typing import Final

from otklik.kit.i18n import Lang, Text

RUSSIAN: Final = {
    "score test (N-1 chi-square, Miettinen and Nurminen 1985)": (
        "score-критерий (хи-квадрат с N−1, Miettinen, Nurminen, 1985)"
    ),
    "Fisher's exact test": "точный критерий Фишера",
    "intervals: Miettinen and Nurminen": "интервалы: Miettinen, Nurminen",
    "Welch's t-test": "t-критерий Уэлча",
    "lift interval: Fieller 1954": "интервал прироста: Филлер, 1954",
    "Welch's t-test, CUPED": "t-критерий Уэлча, CUPED",
    "always-valid test of counts (Lindon and Malek 2022)": (
        "критерий для постоянного просмотра (Lindon, Malek, 2022)"
    ),
    "Pearson chi-square of group sizes": "хи-квадрат Пирсона для размеров групп",
}
"""What a report uses, by the parts of the name that `; ` separates."""

ADJUSTED: Final = Text(
    en="{method}; p-values adjusted for {count} comparisons (Holm)",
    ru="{method}; p-значения с поправкой на число сравнений: {count} (Холм)",
)


def method_name(method: str, lang: Lang, *, comparisons: int = 1) -> str:
    """Return the name of a method; `comparisons`: how many its p-values were adjusted for."""
    name = method
    if lang == "ru":
        name = "; ".join(RUSSIAN.get(part, part) for part in method.split("; "))
    if comparisons == 1:
        return name
    return ADJUSTED.of(lang, {"method": name, "count": comparisons})
