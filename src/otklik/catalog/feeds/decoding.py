"""Bytes of a feed into text: byte order mark, declaration, neither, or a false declaration.

The text is decoded here and not by the XML parser, so that one bad byte is a remark with its line
and not the end of the reading, and so that every usual Russian encoding works.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from otklik.catalog.feeds.errors import FeedEncodingUnknown

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([^\"'>]{0,60})[\"']")
# Python's names of the encodings that are read. Codecs that are not of text (zip, rot13, idna)
# must not be reachable by a word in a stranger's file.
_KNOWN = frozenset(
    ["utf-8", "ascii", "koi8-r", "koi8-u", "cp866", "mac-cyrillic"]
    + [f"cp125{n}" for n in range(9)]
    + [f"iso8859-{n}" for n in (1, 2, 3, 4, 5, 7, 9, 13, 15)]
)
# XML 1.0, section 2.2: these characters cannot stand in a document.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Remark = Callable[[str, int, str], None]


class Decoding:
    """Turns pieces of a file into text that an XML parser can take.

    `start` is the first piece (1 KB or the whole file). `remark(code, line, fact)` hears of
    what was mended. `encoding` is what the file declares, as written, or what it turned out to be.
    Raises FeedEncodingUnknown.
    """

    def __init__(self, start: bytes, remark: Remark) -> None:
        self._remark = remark
        self._line = 1
        self._first = True
        self._plain = True  # Only ASCII so far, so that the encoding can still be found out.
        self.skipped_lines = 0
        self.encoding, self._codec, self._bom = _recognise(start)
        # Only a claim of UTF-8 can be checked while reading: any byte is a letter of windows-1251.
        self._checked = self._codec == "utf-8"
        self._decoder = codecs.getincrementaldecoder(self._codec)(
            "strict" if self._checked else "replace"
        )

    def text(self, data: bytes, *, final: bool = False) -> str:
        """Return the text of the next piece without the characters that XML forbids."""
        if self._first:
            data = data[self._bom :]
        text = self._decoded(data, final)
        if not self._checked and "\ufffd" in text:
            self._remark("bad_bytes", self._line_at(text, text.index("\ufffd")), self.encoding)
        found = _FORBIDDEN.search(text)
        if found:
            line = self._line_at(text, found.start())
            self._remark("control_characters", line, f"U+{ord(found.group()):04X}")
            text = _FORBIDDEN.sub("", text)
        if self._first:
            # Exports by PHP often begin with empty lines, which XML does not allow before <?xml.
            bare = text.lstrip(" \t\r\n")
            if bare.startswith("<?xml") and len(bare) < len(text):
                self._remark("space_before_xml", 1, "")
                self.skipped_lines = text.count("\n", 0, len(text) - len(bare))
                self._line += self.skipped_lines
                text = bare
            self._first = not text
        self._line += text.count("\n")
        return text

    def _line_at(self, text: str, position: int) -> int:
        return self._line + text.count("\n", 0, position)

    def _decoded(self, data: bytes, final: bool) -> str:
        if not self._checked:
            return self._decoder.decode(data, final)
        held = self._decoder.getstate()[0]
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            everything = held + data
            good = everything[: error.start]
            # The first letter that is not ASCII breaks UTF-8: the file is of another encoding, and
            # in shops of this market that is windows-1251. A later break is a damaged place, and
            # `text` tells of it.
            if self._plain and good.isascii():
                line = self._line + good.count(b"\n")
                self._remark("other_encoding", line, self.encoding)
                self.encoding = self._codec = "windows-1251"
            self._checked = False
            self._decoder = codecs.getincrementaldecoder(self._codec)("replace")
            return self._decoder.decode(everything, final)
        self._plain = self._plain and text.isascii()
        return text


def _recognise(start: bytes) -> tuple[str, str, int]:
    """Return the encoding's name to show, the codec, and the length of the byte order mark."""
    bom, codec = next(((b, c) for b, c in _BOMS if start.startswith(b)), (b"", ""))
    if codec.startswith("utf-16"):
        return "utf-16", codec, len(bom)
    if start[:2] in {b"<\0", b"\0<"}:
        return "utf-16", "utf-16-le" if start[1:2] == b"\0" else "utf-16-be", 0
    found = _DECLARED.match(start, len(bom))
    if found is None:
        return "utf-8", "utf-8", len(bom)
    declared = found.group(1).decode("ascii", "replace").strip()
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        raise FeedEncodingUnknown(encoding=declared, line=1) from None
    if codec or name.startswith("utf-16"):
        # A mark is stronger than the declaration, and a declaration that could be read byte by
        # byte is not in UTF-16 whatever it says.
        return declared if name == "utf-8" else "utf-8", "utf-8", len(bom)
    if name not in _KNOWN:
        raise FeedEncodingUnknown(encoding=declared, line=1)
    return declared, "utf-8" if name == "ascii" else name, 0
