"""A letter that was sent to somebody, made anew for those who ask what it said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from otklik.content.engine.variables import DATA
from otklik.content.model import LetterSource
from otklik.content.preview import Preview, make_preview
from otklik.content.shown import shown_context
from otklik.content.variables import letter_names
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime


async def remake_letter(
    rt: Runtime,
    *,
    workspace_id: int,
    source: LetterSource,
    profile_id: int,
    data: Mapping[str, Any],
    now: datetime,
    lang: Lang,
) -> Preview:
    """Return a letter made again of its source as it was sent, with what its request brought.

    Values of the person are those of now; links lead nowhere. Raises: ProfileNotFound.
    """
    async with rt.db.begin() as tx:
        known = await letter_names(tx, workspace_id=workspace_id)
        context = await shown_context(
            rt,
            tx,
            workspace_id=workspace_id,
            profile_id=profile_id,
            now=now,
            lang=lang,
            source=source,
            articles={},
        )
    return await asyncio.to_thread(make_preview, source, {**context, DATA: dict(data)}, known)
