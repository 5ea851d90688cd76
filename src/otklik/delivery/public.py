"""The door of delivery.

    await create_mailing(tx, spec=MailingSpec(...), links=[letter_links(source), …], now=now)
    await freeze_audience(rt, workspace_id=1, source_id=…, ids=profile_ids)     # then it runs
    await preview_audience(tx, spec=…, ids=…, now=now)                          # writes nothing
    await pause_mailing(tx, …) / resume_mailing / stop_mailing / change_rate
    await progress(tx, workspace_id=1, source_id=…, now=now)
    loops = delivery_loops(Dispatcher(pool, parallel=8))                        # in a worker

News on the bus: MailingFinished, Unsubscribed, LetterAnswered.
"""

from otklik.delivery.answers.operations import LetterAnswered
from otklik.delivery.audience import Ids, combine
from otklik.delivery.errors import (
    BadShares,
    MailingExists,
    MailingNotFound,
    NothingHeld,
    VariantNotFound,
    WrongMailingState,
)
from otklik.delivery.export import message_columns
from otklik.delivery.heard import NEVER, Heard, heard_of
from otklik.delivery.jobs import delivery_loops, judge, tend
from otklik.delivery.model import (
    CONTROL,
    SHARES_TOTAL,
    SKIP_TEXTS,
    ArmCount,
    AudiencePreview,
    FirstPart,
    LetterContent,
    Mailing,
    MailingFinished,
    MailingSpec,
    MailingState,
    MessageState,
    ProfileMessage,
    Progress,
    ReasonCount,
    Recipient,
    SkipReason,
    Stall,
    Unsubscribed,
    Variant,
    reason_text,
)
from otklik.delivery.operations.erasure import (
    count_old_addresses,
    count_person_messages,
    erase_messages,
    erase_old_addresses,
    export_messages,
)
from otklik.delivery.operations.freeze import freeze_audience, preview_audience
from otklik.delivery.operations.mailings import (
    change_rate,
    create_mailing,
    pause_mailing,
    resume_mailing,
    stop_mailing,
)
from otklik.delivery.operations.parts import choose_variant
from otklik.delivery.operations.returns import Taken, TakenMail, accepts, take_return
from otklik.delivery.picker import NOTHING, Picker, use_pickers
from otklik.delivery.policy.clocks import OwnClocks, held_by_limits, own_clocks, people_of_zones
from otklik.delivery.policy.control import ControlSpan, control_spans, unsettled_sources
from otklik.delivery.policy.hours import (
    UTC_ZONE,
    done_after,
    free_from,
    quiet_end,
    wall_moment,
    zone_of,
)
from otklik.delivery.policy.model import NO_POLICY, SendingPolicy
from otklik.delivery.policy.operations import on_profiles_merged, set_sending_policy
from otklik.delivery.policy.queries import quiet_until, sending_policy
from otklik.delivery.queries import (
    count_mailings,
    get_mailing,
    list_recipients,
    profile_messages,
    progress,
    progress_of,
    stalls,
    waiting_hits,
)
from otklik.delivery.returned_mail import letters_of
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.delivery.sending.handover import Transport
from otklik.delivery.sending.letters import letter_links, source_of
from otklik.delivery.sent import sent_letters
from otklik.delivery.standing.erasure import count_old_requests, erase_old_requests
from otklik.delivery.standing.errors import DataTooBig
from otklik.delivery.standing.gathering import gather
from otklik.delivery.standing.model import AskedMessage, Edition, Request, RequestedMessage
from otklik.delivery.standing.operations import (
    ask_for_messages,
    close_standing,
    open_standing,
    publish_edition,
)
from otklik.delivery.standing.queries import get_request, list_requests, waiting_requests
from otklik.delivery.standing.shown import AnsweredRequest, answered_request, latest_data
from otklik.delivery.usual_pace import usual_pace

__all__ = [
    "CONTROL",
    "NEVER",
    "NOTHING",
    "NO_POLICY",
    "SHARES_TOTAL",
    "SKIP_TEXTS",
    "UTC_ZONE",
    "AnsweredRequest",
    "ArmCount",
    "AskedMessage",
    "AudiencePreview",
    "BadShares",
    "ControlSpan",
    "DataTooBig",
    "Dispatcher",
    "Edition",
    "FirstPart",
    "Heard",
    "Ids",
    "LetterAnswered",
    "LetterContent",
    "Mailing",
    "MailingExists",
    "MailingFinished",
    "MailingNotFound",
    "MailingSpec",
    "MailingState",
    "MessageState",
    "NothingHeld",
    "OwnClocks",
    "Picker",
    "ProfileMessage",
    "Progress",
    "ReasonCount",
    "Recipient",
    "Request",
    "RequestedMessage",
    "SendingPolicy",
    "SkipReason",
    "Stall",
    "Taken",
    "TakenMail",
    "Transport",
    "Unsubscribed",
    "Variant",
    "VariantNotFound",
    "WrongMailingState",
    "accepts",
    "answered_request",
    "ask_for_messages",
    "change_rate",
    "choose_variant",
    "close_standing",
    "combine",
    "control_spans",
    "count_mailings",
    "count_old_addresses",
    "count_old_requests",
    "count_person_messages",
    "create_mailing",
    "delivery_loops",
    "done_after",
    "erase_messages",
    "erase_old_addresses",
    "erase_old_requests",
    "export_messages",
    "free_from",
    "freeze_audience",
    "gather",
    "get_mailing",
    "get_request",
    "heard_of",
    "held_by_limits",
    "judge",
    "latest_data",
    "letter_links",
    "letters_of",
    "list_recipients",
    "list_requests",
    "message_columns",
    "on_profiles_merged",
    "open_standing",
    "own_clocks",
    "pause_mailing",
    "people_of_zones",
    "preview_audience",
    "profile_messages",
    "progress",
    "progress_of",
    "publish_edition",
    "quiet_end",
    "quiet_until",
    "reason_text",
    "resume_mailing",
    "sending_policy",
    "sent_letters",
    "set_sending_policy",
    "source_of",
    "stalls",
    "stop_mailing",
    "take_return",
    "tend",
    "unsettled_sources",
    "use_pickers",
    "usual_pace",
    "waiting_hits",
    "waiting_requests",
    "wall_moment",
    "zone_of",
]
