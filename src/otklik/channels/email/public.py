"""The door of the e-mail channel. `content` and this channel do not know each other: the sender
of a letter takes `content.public.Rendered` and hands its fields to `Frame.render`.

    identity = await sender_identity(tx, workspace_id=1, sender_id=...)
    frame = build_frame(sender=identity, feedback_id="campaign:1:otklik")
    pool = open_pool(settings.smtp_url)                      # one per process
    data = frame.render(to_address=..., to_name=..., subject=..., text=..., html=...,
                        message_id=new_token(), date=now, unsubscribe_url=...)
    result = await pool.send(identity.return_path, to_address, data)     # SendResult, never raises
"""

from otklik.channels.email.addresses import (
    EmailAddress,
    domain_key,
    normalise_address,
    parse_address,
)
from otklik.channels.email.agent_texts import HIT_TEXTS
from otklik.channels.email.agents import (
    BURST_LINKS,
    BURST_WINDOW_S,
    SOURCE_LETTERS,
    SOURCE_WINDOW_S,
    judge_hit,
)
from otklik.channels.email.catcher import Catcher, start_catcher
from otklik.channels.email.domain.check import check_domain
from otklik.channels.email.domain.resolver import SystemResolver
from otklik.channels.email.erasure import (
    count_old_letters,
    count_person_letters,
    erase_letters,
    erase_old_letters,
    export_letters,
)
from otklik.channels.email.errors import (
    BadAddress,
    JudgedElsewhere,
    KeyUnreadable,
    LetterTooBig,
    MailboxOff,
    NothingToLift,
    ReportHookNotFound,
    ReportRefused,
    ReportUnreadable,
    SecretNeeded,
    SenderInUse,
    SenderNotFound,
    SmtpUrlInvalid,
)
from otklik.channels.email.frame import Frame, build_frame
from otklik.channels.email.keys import seal_old_keys, use_key_vault
from otklik.channels.email.model import (
    DkimKey,
    Hit,
    HitJudgement,
    HitVerdict,
    ReplyKind,
    ReplyVerdict,
    Sender,
    SenderIdentity,
    SendResult,
    SendState,
)
from otklik.channels.email.operations import create_sender
from otklik.channels.email.queries import get_sender, list_senders, sender_identity
from otklik.channels.email.relays.control import PaceLimit
from otklik.channels.email.relays.marks import marked, service_of
from otklik.channels.email.relays.model import OWN_RELAY, RelayAccess, RelayRest, SendingWays
from otklik.channels.email.relays.opening import (
    SingleSender,
    open_relay,
    own_relay_url,
    single_sender,
)
from otklik.channels.email.relays.providers import BIG, OTHERS, WHOLE, provider_of
from otklik.channels.email.relays.queries import sending_ways
from otklik.channels.email.relays.states import (
    Counts,
    WarmupClaim,
    claim_allowance,
    count_letters,
    note_relay_trouble,
    note_relay_worked,
    recover,
    return_allowance,
    slow_down,
)
from otklik.channels.email.relays.warmup import WarmupPlan
from otklik.channels.email.relays.ways import has_own_relays
from otklik.channels.email.replies import classify_reply
from otklik.channels.email.returns.hooks import (
    HookToRead,
    ReportHook,
    change_hook_secret,
    delete_hook,
    hook_of_token,
    list_hooks,
    note_hook_call,
    put_hook,
)
from otklik.channels.email.returns.imap import (
    MailboxAccess,
    NewMails,
    new_mails,
)
from otklik.channels.email.returns.mailboxes import (
    MailboxToRead,
    ReturnMailbox,
    enabled_mailboxes,
    get_mailbox,
    list_mailboxes,
    mailbox_to_read,
    note_mailbox_trouble,
    note_read,
)
from otklik.channels.email.returns.model import (
    CameBy,
    Consequence,
    Followed,
    FoundBy,
    Judgement,
    Kept,
    ReturnItem,
    ReturnKind,
    SoftRow,
)
from otklik.channels.email.returns.operations import (
    content_hash,
    count_old_returns,
    count_soft_bounces,
    erase_old_returns,
    forget_soft_bounces,
    keep_return,
    note_corrected,
    note_followed,
    write_judgement,
)
from otklik.channels.email.returns.proofs import (
    is_from_mailgun,
    is_from_sendgrid,
    is_from_unisender_go,
    is_sns_address,
    is_sns_message,
)
from otklik.channels.email.returns.queries import (
    ReplyHome,
    get_return,
    get_return_raw,
    get_soft_count,
    last_taken,
    list_returns,
    reply_homes,
)
from otklik.channels.email.returns.server import InboundServer
from otklik.channels.email.returns.tls import BadCertificate, TlsFiles
from otklik.channels.email.returns.verp import (
    ReplyRef,
    ReturnRef,
    read_address,
    read_mark,
    reply_address,
    return_address,
)
from otklik.channels.email.returns.way_back_check import look_at_way_back
from otklik.channels.email.smtp import (
    Outgoing,
    Settle,
    SmtpPool,
    SmtpSettings,
    open_pool,
    parse_smtp_url,
)
from otklik.channels.email.smtp.results import is_crowded, is_lost, is_relay_trouble
from otklik.channels.email.smtp.words import told
from otklik.channels.email.tracking_domain.hosts import HostBook
from otklik.channels.email.tracking_domain.model import TrackingDomain
from otklik.channels.email.tracking_domain.queries import tracking_url, troubled_domains
from otklik.channels.email.trial import TrialOutcome, send_test_letter
from otklik.channels.email.usage import use_sender_usage
from otklik.channels.email.verdicts import (
    MAIL_BYTES,
    REASON_TEXTS,
    VERDICT_TEXTS,
    Original,
    RecipientVerdict,
    ReturnedMail,
    ReturnReason,
    ReturnVerdict,
    judge_return,
)
from otklik.channels.email.verdicts.reports import (
    NAMES,
    Provider,
    ProviderReport,
    UnreadableReport,
    read_reports,
)

__all__ = [
    "BIG",
    "BURST_LINKS",
    "BURST_WINDOW_S",
    "HIT_TEXTS",
    "MAIL_BYTES",
    "NAMES",
    "OTHERS",
    "OWN_RELAY",
    "REASON_TEXTS",
    "SOURCE_LETTERS",
    "SOURCE_WINDOW_S",
    "VERDICT_TEXTS",
    "WHOLE",
    "BadAddress",
    "BadCertificate",
    "CameBy",
    "Catcher",
    "Consequence",
    "Counts",
    "DkimKey",
    "EmailAddress",
    "Followed",
    "FoundBy",
    "Frame",
    "Hit",
    "HitJudgement",
    "HitVerdict",
    "HookToRead",
    "HostBook",
    "InboundServer",
    "JudgedElsewhere",
    "Judgement",
    "Kept",
    "KeyUnreadable",
    "LetterTooBig",
    "MailboxAccess",
    "MailboxOff",
    "MailboxToRead",
    "NewMails",
    "NothingToLift",
    "Original",
    "Outgoing",
    "PaceLimit",
    "Provider",
    "ProviderReport",
    "RecipientVerdict",
    "RelayAccess",
    "RelayRest",
    "ReplyHome",
    "ReplyKind",
    "ReplyRef",
    "ReplyVerdict",
    "ReportHook",
    "ReportHookNotFound",
    "ReportRefused",
    "ReportUnreadable",
    "ReturnItem",
    "ReturnKind",
    "ReturnMailbox",
    "ReturnReason",
    "ReturnRef",
    "ReturnVerdict",
    "ReturnedMail",
    "SecretNeeded",
    "SendResult",
    "SendState",
    "Sender",
    "SenderIdentity",
    "SenderInUse",
    "SenderNotFound",
    "SendingWays",
    "Settle",
    "SingleSender",
    "SmtpPool",
    "SmtpSettings",
    "SmtpUrlInvalid",
    "SoftRow",
    "SystemResolver",
    "TlsFiles",
    "TrackingDomain",
    "TrialOutcome",
    "UnreadableReport",
    "WarmupClaim",
    "WarmupPlan",
    "build_frame",
    "change_hook_secret",
    "check_domain",
    "claim_allowance",
    "classify_reply",
    "content_hash",
    "count_letters",
    "count_old_letters",
    "count_old_returns",
    "count_person_letters",
    "count_soft_bounces",
    "create_sender",
    "delete_hook",
    "domain_key",
    "enabled_mailboxes",
    "erase_letters",
    "erase_old_letters",
    "erase_old_returns",
    "export_letters",
    "forget_soft_bounces",
    "get_mailbox",
    "get_return",
    "get_return_raw",
    "get_sender",
    "get_soft_count",
    "has_own_relays",
    "hook_of_token",
    "is_crowded",
    "is_from_mailgun",
    "is_from_sendgrid",
    "is_from_unisender_go",
    "is_lost",
    "is_relay_trouble",
    "is_sns_address",
    "is_sns_message",
    "judge_hit",
    "judge_return",
    "keep_return",
    "last_taken",
    "list_hooks",
    "list_mailboxes",
    "list_returns",
    "list_senders",
    "look_at_way_back",
    "mailbox_to_read",
    "marked",
    "new_mails",
    "normalise_address",
    "note_corrected",
    "note_followed",
    "note_hook_call",
    "note_mailbox_trouble",
    "note_read",
    "note_relay_trouble",
    "note_relay_worked",
    "open_pool",
    "open_relay",
    "own_relay_url",
    "parse_address",
    "parse_smtp_url",
    "provider_of",
    "put_hook",
    "read_address",
    "read_mark",
    "read_reports",
    "recover",
    "reply_address",
    "reply_homes",
    "return_address",
    "return_allowance",
    "seal_old_keys",
    "send_test_letter",
    "sender_identity",
    "sending_ways",
    "service_of",
    "single_sender",
    "slow_down",
    "start_catcher",
    "told",
    "tracking_url",
    "troubled_domains",
    "use_key_vault",
    "use_sender_usage",
    "write_judgement",
]
