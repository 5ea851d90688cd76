"""What the rows of a file may name of the workspace: its topics, and the texts people agree to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from otklik.ingestion.imports.model import ImportKind
from otklik.privacy.public import ConsentText, list_texts, list_topics
from otklik.runtime.public import Tx

_VERSION = re.compile(
    r"(?P<name>.*?)[\s,;:(№#-]*(?:v|ver|version|вер|версия|ред|редакция)?[\s.№#]*(?P<number>\d{1,6})\)?"
)


class Known(msgspec.Struct, frozen=True):
    """`topics`: ids by name in lower case. `texts`: every version of every text."""

    topics: Mapping[str, UUID] = {}
    texts: tuple[ConsentText, ...] = ()

    def text_named(self, written: str, at: datetime | None) -> UUID | None:
        """Return the version of a text that a cell names; None when there is none.

        Its id; its name with a number ("Newsletter v2", «Рассылка, версия 2»); its name alone, for
        the version in force at the moment (the first one, if it was earlier); or, in a workspace
        with one text, the number alone.
        """
        plain = " ".join(written.lower().split())
        found = [text for text in self.texts if plain in {str(text.id), _plain(text.name)}]
        exact = next((text.id for text in found if plain == str(text.id)), None)
        if exact is not None:
            return exact
        if found:
            in_force = [one for one in found if at is None or one.created_at <= at]
            chosen = max if in_force else min
            return chosen(in_force or found, key=lambda one: one.version).id
        told = _VERSION.fullmatch(plain)
        if told is None:
            return None
        name, number = told["name"].strip(), int(told["number"])
        names = {_plain(text.name) for text in self.texts}
        return next(
            (
                text.id
                for text in self.texts
                if text.version == number
                and (_plain(text.name) == name or (not name and len(names) == 1))
            ),
            None,
        )


def _plain(name: str) -> str:
    return " ".join(name.lower().split())


async def known_of(tx: Tx, *, workspace_id: int, kind: ImportKind) -> Known:
    """Return what a file of a kind may name; nothing where no field asks for it."""
    if kind is not ImportKind.CONSENTS:
        return Known()
    topics = await list_topics(tx, workspace_id=workspace_id)
    texts = await list_texts(tx, workspace_id=workspace_id)
    return Known({topic.name.lower(): topic.id for topic in topics}, tuple(texts))
