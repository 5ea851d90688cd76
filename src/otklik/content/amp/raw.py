"""Where `{% raw %}` stands in a source with its Liquid hidden: there, braces are not Liquid's."""

from __future__ import annotations

import re
from bisect import bisect_right

import msgspec

from otklik.content.engine.mask import Masked

_BEGINS = re.compile(r"\{%-?\s*raw\s*-?%\}")
_ENDS = re.compile(r"\{%-?\s*endraw\s*-?%\}")


class Stretches(msgspec.Struct, frozen=True):
    """Stretches of a text, in order."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def covers(self, offset: int) -> bool:
        """Tell whether a place is inside one of them."""
        place = bisect_right(self.starts, offset) - 1
        return place >= 0 and offset < self.ends[place]


def raw_stretches(masked: Masked) -> Stretches:
    """Return what `raw` covers in the masked text, without the tags themselves."""
    starts: list[int] = []
    ends: list[int] = []
    for word in masked.pattern.finditer(masked.text):
        span = masked.spans[int(word[1] or word[2])]
        if len(starts) == len(ends):
            if _BEGINS.fullmatch(span):
                starts.append(word.end())
        elif _ENDS.fullmatch(span):
            ends.append(word.start())
    return Stretches(tuple(starts), tuple([*ends, len(masked.text)][: len(starts)]))
