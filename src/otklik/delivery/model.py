"""The words of delivery: states, reasons, arms, and the pure rules between them.

message:  planned ──► sent ──► bounced           (a later report of a bounce)
             │ ├────► bounced | failed           (the server's final answer)
             │ ├────► skipped                    (the gate at the moment of sending)
             │ └────► in_doubt ──► sent | …      (the process died while handing over)
          skipped, control                       (decided when the audience was frozen)

mailing:  preparing ──► running ⇄ paused ──► finished
              └───────────┴─────────┴──► stopping ──► finished
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

import msgspec

from otklik.delivery.audience import Ids
from otklik.kit.i18n import Text

SHARES_TOTAL = 10_000
"""Shares of arms are counted in ten-thousandths."""
BLOCK_SIZE = 1_000
"""Messages of one block; also the increment of the sequence of message ids."""
CONTROL = "control"
"""Key of the arm that gets nothing."""


class MessageState(StrEnum):
    PLANNED = "planned"
    SENT = "sent"
    BOUNCED = "bounced"
    FAILED = "failed"
    SKIPPED = "skipped"
    IN_DOUBT = "in_doubt"
    CONTROL = "control"


class BlockState(StrEnum):
    HELD = "held"
    """It belongs to the rest of a mailing, and no variant is chosen for the rest yet."""
    READY = "ready"
    CLAIMED = "claimed"
    DONE = "done"


class MailingState(StrEnum):
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"


class SkipReason(StrEnum):
    """Why the gate kept a message back; the whole list."""

    CAMPAIGN_STOPPED = "campaign_stopped"
    PROFILE_GONE = "profile_gone"
    NO_ADDRESS = "no_address"
    INVALID_ADDRESS = "invalid_address"
    NO_CONSENT = "no_consent"
    WITHDRAWN = "withdrawn"
    PAUSED = "paused"
    SUPPRESSED = "suppressed"
    DUPLICATE_ADDRESS = "duplicate_address"
    GLOBAL_CONTROL = "global_control"
    NOTHING_NEW = "nothing_new"
    CONTROL_GROUP = "control_group"
    FREQUENCY = "frequency"
    QUIET_HOURS = "quiet_hours"
    TOO_LATE = "too_late"
    RENDER_FAILED = "render_failed"
    LETTER_TOO_BIG = "letter_too_big"


SKIP_TEXTS: dict[SkipReason, Text] = {
    SkipReason.CAMPAIGN_STOPPED: Text(en="the campaign was stopped", ru="кампания остановлена"),
    SkipReason.PROFILE_GONE: Text(
        en="the profile was merged or erased", ru="профиль объединён с другим или удалён"
    ),
    SkipReason.NO_ADDRESS: Text(en="no address", ru="нет адреса"),
    SkipReason.INVALID_ADDRESS: Text(en="the address is not valid", ru="адрес неверный"),
    SkipReason.NO_CONSENT: Text(en="no consent was given", ru="нет согласия"),
    SkipReason.WITHDRAWN: Text(en="the consent was withdrawn", ru="согласие отозвано"),
    SkipReason.PAUSED: Text(
        en="the person has paused letters", ru="человек поставил письма на паузу"
    ),
    SkipReason.SUPPRESSED: Text(en="the address is on the stop list", ru="адрес в стоп-листе"),
    SkipReason.DUPLICATE_ADDRESS: Text(
        en="another profile has the same address", ru="тот же адрес есть у другого профиля"
    ),
    SkipReason.CONTROL_GROUP: Text(en="control group", ru="контрольная группа"),
    SkipReason.GLOBAL_CONTROL: Text(en="global control group", ru="глобальная контрольная группа"),
    SkipReason.NOTHING_NEW: Text(
        en="nothing new for the person since the last letter",
        ru="с прошлого письма для человека нет ничего нового",
    ),
    SkipReason.FREQUENCY: Text(
        en="the person has had as many messages as the sending rules allow",
        ru="человек уже получил столько сообщений, сколько разрешают правила отправки",
    ),
    SkipReason.QUIET_HOURS: Text(
        en="the quiet hours end after the latest moment of the mailing",
        ru="тихие часы кончаются позже крайнего срока рассылки",
    ),
    SkipReason.TOO_LATE: Text(
        en="the latest moment of the mailing has passed", ru="крайний срок рассылки прошёл"
    ),
    SkipReason.RENDER_FAILED: Text(
        en="the letter could not be filled in", ru="письмо не удалось заполнить"
    ),
    SkipReason.LETTER_TOO_BIG: Text(
        en="the filled letter is too big", ru="заполненное письмо слишком большое"
    ),
}


class WaitReason(StrEnum):
    """Why a planned message goes later; the whole list."""

    OWN_TIME = "waits_own_time"
    QUIET_HOURS = "waits_quiet_hours"
    OTHERS_FIRST = "waits_others_first"
    ANOTHER_DAY = "waits_another_day"
    RELAY_PACE = "waits_relay_pace"
    WARM_UP = "waits_warm_up"


WAIT_TEXTS: dict[WaitReason, Text] = {
    WaitReason.OWN_TIME: Text(
        en="waits for the time in the person's own zone",
        ru="ждёт нужного часа по времени человека",
    ),
    WaitReason.QUIET_HOURS: Text(
        en="waits until the quiet hours or the holiday end",
        ru="ждёт конца тихих часов или праздника",
    ),
    WaitReason.OTHERS_FIRST: Text(
        en="waits for a more important mailing", ru="ждёт более важную рассылку"
    ),
    WaitReason.ANOTHER_DAY: Text(
        en="waits for the next day: a mass message went today",
        ru="ждёт следующего дня: сегодня было массовое сообщение",
    ),
    WaitReason.RELAY_PACE: Text(
        en="waits because its mail provider asks for a slower pace",
        ru="ждёт: почтовый провайдер просит отправлять медленнее",
    ),
    WaitReason.WARM_UP: Text(
        en="waits for the next day: the warm-up plan allows no more today",
        ru="ждёт следующего дня: на сегодня план прогрева исчерпан",
    ),
}

MASS_SOURCES = frozenset({"campaign"})
"""Kinds of sources whose messages are mass messages; those of all others are triggered."""
PRIORITY_NORMAL = 1


class Fact(StrEnum):
    """What may be written to `message_facts`."""

    ASSIGNED = "assigned"
    SKIPPED = "skipped"
    SENT = "sent"
    BOUNCED = "bounced"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    OPENED = "opened"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"
    LEFT_BECAUSE = "left_because"
    COMPLAINED = "complained"


class FirstPart(msgspec.Struct, frozen=True):
    """Send to a part first: `people` at most, or `share` of the audience in ten-thousandths.

    Who is in it is drawn at random from the frozen audience, before the gate, so that never more
    than that get a letter. The part has the variants; the rest hears the one that is chosen.
    """

    people: int | None = None
    share: int | None = None

    def size(self, audience: int) -> int:
        """Return how many of an audience are drawn."""
        if self.people is not None:
            return min(self.people, audience)
        return -(-(self.share or 0) * audience // SHARES_TOTAL)


class Wave(IntEnum):
    """Which part of a mailing a message belongs to; WHOLE where there are no parts."""

    WHOLE = 0
    FIRST = 1
    REST = 2


class LeavingReason(StrEnum):
    """Why a reader unsubscribed, in his own choice; the `reason` of a `left_because` fact."""

    TOO_OFTEN = "too_often"
    NOT_INTERESTING = "not_interesting"
    NEVER_ASKED = "never_asked"
    NOT_NEEDED = "not_needed"
    OTHER = "other"


class LetterContent(msgspec.Struct, frozen=True):
    """What is sent, as it was at the launch; later edits of the letter don't change a mailing."""

    kind: str
    subject: str
    source: str
    preheader: str = ""
    text: str = ""
    letter_id: UUID | None = None
    amp: str = ""


class LetterLinks(msgspec.Struct, frozen=True):
    """The links of a letter by number; the address is "" where each person has his own."""

    addresses: tuple[str, ...]
    tracked: int


class Variant(msgspec.Struct, frozen=True):
    """One version of the message. `share` is in ten-thousandths of all assigned people."""

    key: str
    name: str
    share: int
    letter: LetterContent


class MailingSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An order to deliver.

    `topic_id` absent means that consent to the whole channel is asked for. `control_share` is in
    ten-thousandths; the shares of the variants and of the control group add up to 10,000.
    `rate_per_s` absent means: as fast as the relay takes them. `priority` is from 0 (low) to 3.
    `service`: no rule of frequency, hours or control groups of the workspace holds it back.
    `until`: the latest moment at which a message of it may go. `first`: only a part gets it at
    first; the rest waits until `choose_variant`. `own_time`: a time without a zone; each person
    gets the message when his own clock shows it, or at once if that has passed. `spread_minutes`:
    the messages leave evenly over so long a time from the making of the order on.
    """

    workspace_id: int
    source_kind: str
    source_id: UUID
    name: str
    channel: str
    topic_id: UUID | None
    sender_id: UUID
    variants: tuple[Variant, ...]
    control_share: int = 0
    rate_per_s: int | None = None
    priority: int = PRIORITY_NORMAL
    service: bool = False
    until: datetime | None = None
    first: FirstPart | None = None
    own_time: datetime | None = None
    spread_minutes: int | None = None

    @property
    def is_mass(self) -> bool:
        return self.source_kind in MASS_SOURCES

    def arms(self) -> tuple[tuple[str, int], ...]:
        """Return (key, share) of every arm; the control group is the last."""
        arms = tuple((variant.key, variant.share) for variant in self.variants)
        return (*arms, (CONTROL, self.control_share)) if self.control_share else arms


class Mailing(msgspec.Struct, frozen=True, kw_only=True):
    """A mailing as its row says."""

    mailing_id: int
    workspace_id: int
    source_kind: str
    source_id: UUID
    name: str
    channel: str
    topic_id: UUID | None
    sender_id: UUID
    state: MailingState
    rate_per_s: int | None
    arms: tuple[tuple[str, int], ...]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    priority: int = PRIORITY_NORMAL
    service: bool = False
    standing: bool = False
    until: datetime | None = None
    first: FirstPart | None = None
    winner: str | None = None
    first_done_at: datetime | None = None
    own_time: datetime | None = None
    spread_minutes: int | None = None

    @property
    def is_mass(self) -> bool:
        return self.source_kind in MASS_SOURCES


class ArmCount(msgspec.Struct, frozen=True):
    key: str
    share: int
    count: int


class ReasonCount(msgspec.Struct, frozen=True):
    state: str
    reason: str
    count: int


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a mailing is. `total` counts all people of the audience, control included.

    `pending` wait in the queue, `sending` are in blocks that a worker holds at this moment.
    `rate_per_s` is measured over the last 15 seconds; `eta_s` is seconds, null when not known.
    `trouble` is what keeps the mailing from moving, as the relay said it. `held` of `pending` wait
    for the variant that is chosen for the rest (`winner`); `first_done_at`: since when nearly all
    of the first part have been written to.
    """

    state: str = "draft"
    total: int = 0
    prepared: int = 0
    pending: int = 0
    sending: int = 0
    sent: int = 0
    bounced: int = 0
    failed: int = 0
    skipped: int = 0
    in_doubt: int = 0
    control: int = 0
    rate_per_s: float = 0.0
    eta_s: int | None = None
    by_reason: list[ReasonCount] = []
    trouble: str | None = None
    trouble_at: datetime | None = None
    held: int = 0
    winner: str | None = None
    first_done_at: datetime | None = None


class AudiencePreview(msgspec.Struct, frozen=True):
    """What the gate would decide now: people by skip reason, and the rest by arm."""

    total: int
    skips: dict[str, int]
    remaining: int
    arms: list[ArmCount]
    first: int | None = None
    """Of the remaining without the control group, how many are in the first part."""
    people: dict[str, Ids] = {}
    """Who is in which arm, if that was asked for."""


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """One message in a list of recipients."""

    message_id: int
    profile_id: int
    variant: str
    address: str
    state: str
    reason: str
    reason_text: str
    answer: str
    attempts: int
    next_at: datetime | None
    at: datetime | None


class ProfileMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a person, as the person's card shows it.

    subject: the subject of the letter; the name of the mailing where each reader has another one.
    """

    message_id: int
    source_kind: str
    source_id: UUID
    channel: str
    variant: str
    subject: str
    state: str
    reason: str
    reason_text: str
    answer: str
    created_at: datetime
    at: datetime | None


class Stall(msgspec.Struct, frozen=True, kw_only=True):
    """A mailing that should move and does not, or that has messages in doubt."""

    workspace_id: int
    source_kind: str
    source_id: UUID
    name: str
    since: datetime
    stalled: bool
    trouble: str | None
    in_doubt: int


class MailingFinished(msgspec.Struct, frozen=True):
    """News for the bus: no message of the mailing is left to send."""

    workspace_id: int
    source_kind: str
    source_id: UUID
    at: datetime


class Unsubscribed(msgspec.Struct, frozen=True):
    """News for the bus: a person withdrew the consent through a link in a message."""

    workspace_id: int
    profile_id: int
    channel: str
    topic_id: UUID | None
    source_kind: str
    source_id: UUID
    at: datetime


def tally_key(state: str, reason: str, variant: str) -> str:
    """Return the name under which a block counts its messages: "state|reason|variant"."""
    return f"{state}|{reason}|{variant}"


def reason_text(state: str, reason: str, lang: str) -> str:
    """Return the sentence for a reason: a skip of the gate or an answer of a server."""
    text: Text | None = None
    if (
        state in (MessageState.SKIPPED, MessageState.CONTROL)
        and reason in SkipReason._value2member_map_
    ):
        text = SKIP_TEXTS[SkipReason(reason)]
    elif state == MessageState.PLANNED and reason in WaitReason._value2member_map_:
        text = WAIT_TEXTS[WaitReason(reason)]
    elif reason in ANSWER_TEXTS:
        text = ANSWER_TEXTS[reason]
    if text is None:
        return reason
    return text.ru if lang == "ru" else text.en


ANSWER_TEXTS: dict[str, Text] = {
    "no_mailbox": Text(en="there is no such mailbox", ru="такого ящика нет"),
    "no_domain": Text(en="the domain takes no mail", ru="домен не принимает почту"),
    "expired": Text(
        en="the server tried for a long time and gave up",
        ru="сервер долго пробовал и перестал",
    ),
    "loop": Text(en="the letter went in circles", ru="письмо ходило по кругу"),
    "moved": Text(en="the mailbox has moved", ru="ящик переехал"),
    "filtered": Text(en="refused by a filter", ru="отклонено фильтром"),
    "mailbox_disabled": Text(en="the mailbox is switched off", ru="ящик отключён"),
    "mailbox_full": Text(en="the mailbox is full", ru="ящик переполнен"),
    "spam": Text(en="refused as spam", ru="отклонено как спам"),
    "policy": Text(
        en="refused by a policy of the receiving server",
        ru="отклонено правилами принимающего сервера",
    ),
    "rate": Text(en="too many messages for now", ru="слишком много писем за это время"),
    "too_big": Text(en="too big for the receiving server", ru="слишком большое для сервера"),
    "authentication": Text(
        en="the relay refused our login", ru="почтовый сервер не принял наш логин"
    ),
    "content": Text(en="the content was not accepted", ru="содержимое не принято"),
    "server": Text(en="trouble of the receiving server", ru="неполадка принимающего сервера"),
    "network": Text(en="the connection was lost", ru="соединение потеряно"),
    "no_answer": Text(en="handed over, but no answer came", ru="передано, но ответ не получен"),
    "process_lost": Text(
        en="the program stopped while handing it over",
        ru="программа остановилась во время передачи",
    ),
    "other": Text(en="refused without a clear reason", ru="отклонено без ясной причины"),
}
