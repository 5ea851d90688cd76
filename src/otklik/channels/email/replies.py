"""What an SMTP answer means: whose fault it is, and whether trying again makes sense.

The basic code decides between "never" (5xx) and "later" (4xx), RFC 5321 section 4.2; the enhanced
code (RFC 3463 and its IANA registry) and, where servers are careless with both, well-known phrases
say why.
"""

# ruff: noqa: E501 -- a pattern in one line reads better than in pieces

from __future__ import annotations

import re
from typing import Final

from otklik.channels.email.model import HARD_KINDS, ReplyKind, ReplyVerdict

# Refusals quote IP addresses: "1.5.1.1" holds no code.
_ENHANCED: Final = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\w)")

# Subject and detail of the enhanced code, without its class.
_BY_ENHANCED: Final[dict[str, ReplyKind]] = {
    "1.0": ReplyKind.NO_MAILBOX,
    "1.1": ReplyKind.NO_MAILBOX,
    "1.2": ReplyKind.NO_DOMAIN,
    "1.3": ReplyKind.NO_MAILBOX,
    "1.6": ReplyKind.MOVED,
    "1.7": ReplyKind.POLICY,
    "1.8": ReplyKind.POLICY,
    "1.10": ReplyKind.NO_DOMAIN,  # null MX, RFC 7505
    "2.1": ReplyKind.MAILBOX_DISABLED,
    "2.2": ReplyKind.MAILBOX_FULL,
    "2.3": ReplyKind.TOO_BIG,
    "3.1": ReplyKind.SERVER,
    "3.2": ReplyKind.NO_DOMAIN,  # the system takes no mail from the network
    "3.4": ReplyKind.TOO_BIG,
    "4.1": ReplyKind.SERVER,
    "4.2": ReplyKind.SERVER,
    "4.3": ReplyKind.SERVER,
    "4.4": ReplyKind.NO_DOMAIN,
    "4.5": ReplyKind.RATE,
    "4.6": ReplyKind.SERVER,
    "4.7": ReplyKind.SERVER,
    "5.3": ReplyKind.RATE,
    "6.0": ReplyKind.CONTENT,
    "7.0": ReplyKind.POLICY,
    "7.1": ReplyKind.POLICY,
    "7.8": ReplyKind.AUTHENTICATION,
    "7.9": ReplyKind.AUTHENTICATION,
    "7.25": ReplyKind.POLICY,
    "7.26": ReplyKind.POLICY,
    "7.27": ReplyKind.POLICY,
    "7.28": ReplyKind.RATE,
    "7.57": ReplyKind.AUTHENTICATION,
    "7.60": ReplyKind.AUTHENTICATION,
}

# Order matters: the first phrase that is found decides. What servers write is more telling than
# their codes: many answer 550 5.7.1 for an unknown user, or 550 without any enhanced code.
_PHRASES: Final[tuple[tuple[ReplyKind, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            ReplyKind.RATE,
            r"too many (concurrent )?(smtp )?(messages|connections|recipients|emails|errors|sessions)|rate.?limit|throttl"
            r"|unexpected volume|sending (too )?fast|unsolicited mail.*(rate|temporarily)"
            r"|receiving mail (at a rate|too quickly)"
            r"|greylist|gr[ae]y.?list|try again later.*(policy|limit)|(hourly|daily).*(limit|quota)"
            r"|exceeded.*(connection|sending|message)s? (rate|limit)",
        ),
        (
            ReplyKind.FILTERED,
            # The second is what KDDI answers when a customer's filter refuses a letter.
            r"recipient.{0,12}preferences|\A[\s\d.]*:? ?: user unknown"
            r"|(refused|blocked|rejected) by (the )?(recipient|user)"
            r"|not accepting (mail|messages) from",
        ),
        (
            ReplyKind.MAILBOX_FULL,
            r"(mail)?box.{0,20}(is )?full|over ?quota|quota (is )?exceeded|exceed(s|ed).{0,30}quota"
            r"|storage (is )?(full|exceeded)|insufficient (system )?storage|out of storage"
            r"|no space left|full mailbox|(ящик|квота|хранилищ).{0,30}(переполнен|превышен|исчерпан)"
            r"|(postfach|bo[iî]te|buz[oó]n|casella).{0,30}(voll\b|pleine|llen[oa]|piena)",
        ),
        (
            ReplyKind.MAILBOX_DISABLED,
            r"(account|mailbox|user|address|recipient).{0,40}(is |has been |was )?(temporar(il)?y )?"
            r"(disabled|suspended|deactivated|inactive|blocked|locked|frozen|expired|closed|terminated"
            r"|discontinued|not active)"
            r"|(disabled|inactive|suspended) (account|mailbox|user|recipient)"
            r"|(ящик|уч[её]тн\w+ запис\w+|аккаунт|пользователь|адрес).{0,30}"
            r"(заблокирован|отключ[её]н|приостановлен|деактивирован|неактивен|не активен)",
        ),
        (
            ReplyKind.NO_MAILBOX,
            r"(user|mailbox|account|recipient|address|email).{0,40}"
            r"(unknown|(does not|doesn.?t|did not) exist|not (be )?found|no longer (valid|exists)"
            r"|is not valid|invalid|not known|unavailable|undeliverable|not exist"
            r"|rejected: undeliverable|not a (valid|known))"
            r"|(no such|unknown|invalid|non.?existent|no) (local )?(user|mailbox|recipient|address"
            r"|account|person)|(does not|doesn.?t) have an? .{0,60}account|not our (customer|user)"
            r"|unrouteable address|addressee unknown|invalid.{0,20} userid|wasn.t found"
            r"|(user|recipient|address) +not (listed|recogni[sz]ed|found)"
            r"|(recipient|user) name is not recogni[sz]ed|unknown (recipient|mailbox)"
            r"|(could not|couldn.t) be found|(check|verify) (if|that|whether).{0,20}address is"
            r"|recipient address rejected(: (undeliverable|user|no such|not found)|$)"
            r"|(recipient|address) (cannot|can.t|could not) be verified"
            r"|нет такого (пользователя|получателя|ящика|адреса|почтового ящика)"
            r"|(пользовател|получател|адресат|адрес|ящик|уч[её]тн\w+ запис)\w*(?! отправител).{0,40}"
            r"(неизвест|не (найден|существует|зарегистрирован|обнаружен)|удал[её]н)"
            r"|неизвестн\w+ (пользовател|получател|адресат)"
            r"|(benutzer|empf(ä|ae)nger|postfach).{0,30}(unbekannt|nicht gefunden|existiert nicht)"
            r"|unbekannte[rn]? (benutzer|empf(ä|ae)nger)"
            r"|(utilisateur|destinataire|bo[iî]te).{0,30}(inconnu|inexistant|n.existe pas)"
            r"|(usuario|destinatario|buz[oó]n|utente).{0,30}(desconocid|no existe|inexistente|sconosciut)",
        ),
        (
            ReplyKind.NO_DOMAIN,
            r"(domain|host)(?! said).{0,20}(not found|unknown|does not exist|doesn.?t exist|invalid)"
            r"|(unknown|invalid|bad|no such) (destination )?domain|does not accept mail|null mx"
            r"|name service error|host or domain name not found|relay(ing)? (not|is not) "
            r"(permitted|allowed)|relay(ing)? (access )?denied|unable to relay|we do not relay"
            r"|not (a )?local domain|(?<!client )unknown host|nxdomain",
        ),
        (
            ReplyKind.SPAM,
            r"\bspam|\bblack.?list|block.?list|\bdnsbl|\brbl\b|spamhaus|spamcop|barracuda|\bsurbl"
            r"|\buribl|reputation|unsolicited|bulk mail|junk|virus|phish|malware"
            r"|(?<!not )listed (at|by|in|on)"
            r"|mail rejected.*content|content.{0,10}reject|suspicious|\bспам|ч[её]рн\w+ спис",
        ),
        (
            ReplyKind.POLICY,
            r"\bspf\b|\bdkim\b|\bdmarc\b|authenticat(ion|ed).{0,30}(required|fail|check|mail)"
            r"|policy|not authori[sz]ed to send|ptr|reverse dns|rdns|helo|access denied|forbidden"
            r"|(may|do|does) not have (the )?permission|not open to posting|not a member|send mail as"
            r"|sender (address )?(rejected|denied|refused)|verify (the )?sender|client host"
            # Exim checks the sender by a call back, and quotes what became of it: "Unrouteable
            # address" there is our own. So does GMX with the sender's domain.
            r"|sender verif(y|ication)|verification failed for|while verifying"
            r"|invalid dns mx|administrative prohibition|(адрес|домен)\w* отправител",
        ),
        (ReplyKind.MOVED, r"not local.{0,4}please try|(user|recipient|account|mailbox) has moved"),
        (
            ReplyKind.TOO_BIG,
            r"(message|mail|size|letter).{0,30}((?<!queue )too (big|large|long)|exceed).{0,30}"
            r"|size limit|(maximum|max).{0,10}(message )?size",
        ),
        (
            ReplyKind.SERVER,
            r"(service|system|server|resources?).{0,30}(unavailable|busy|shutting|overload|error"
            r"|problem|down)|try (again|it) later|temporar(y|ily)|local error|internal error"
            r"|i/o error|timed? ?out|load",
        ),
    )
)

_BY_CODE: Final[dict[int, ReplyKind]] = {
    421: ReplyKind.SERVER,
    450: ReplyKind.SERVER,
    451: ReplyKind.SERVER,
    452: ReplyKind.MAILBOX_FULL,
    454: ReplyKind.AUTHENTICATION,
    455: ReplyKind.SERVER,
    500: ReplyKind.CONTENT,
    501: ReplyKind.CONTENT,
    502: ReplyKind.CONTENT,
    503: ReplyKind.CONTENT,
    504: ReplyKind.CONTENT,
    521: ReplyKind.NO_DOMAIN,  # RFC 7504: the host takes no mail
    530: ReplyKind.AUTHENTICATION,
    534: ReplyKind.AUTHENTICATION,
    535: ReplyKind.AUTHENTICATION,
    552: ReplyKind.TOO_BIG,
    554: ReplyKind.OTHER,
    555: ReplyKind.CONTENT,
    556: ReplyKind.NO_DOMAIN,  # RFC 7504
}

# Codes whose enhanced text is vague: what the server wrote goes first.
_VAGUE: Final = frozenset(
    {"0.0", "1.0", "2.0", "3.0", "4.0", "4.1", "5.0", "5.1", "6.0", "7.0", "7.1"}
)
_NOT_OF_ADDRESS: Final = frozenset(
    {ReplyKind.SPAM, ReplyKind.RATE, ReplyKind.MAILBOX_FULL, ReplyKind.FILTERED}
)
_BEFORE_RECIPIENT: Final = ("connect", "greeting", "login", "mail")
# Kinds that lay the blame on the address.
_OF_ADDRESS: Final = HARD_KINDS | {ReplyKind.MAILBOX_DISABLED}


def enhanced_code(text: str) -> str | None:
    """Return the enhanced status code at the head of an answer ("5.1.1"), if there is one."""
    match = _ENHANCED.search(text[:80])
    return match.group() if match else None


def classify_reply(code: int, text: str, *, phase: str = "rcpt") -> ReplyVerdict:
    """Return what a refusing SMTP answer means.

    code: the three-digit code; text: what follows, lines joined. `phase` is the command that was
    answered, "" where it is not known: an unknown-user phrase counts as a hard bounce only in answer
    to the recipient, and after the body means that a filter refused.

    Only `NO_MAILBOX`, `NO_DOMAIN` and `MOVED` of a permanent answer are hard bounces
    (`verdict.suppress`); a refusal of content, reputation or policy is not the address's fault, and
    a mailbox that is switched off may be switched on again.
    """
    enhanced = enhanced_code(text)
    permanent = code >= 500
    if 200 <= code < 400:
        return ReplyVerdict(permanent=False, kind=ReplyKind.OK, code=code, enhanced=enhanced)
    detail = ".".join(enhanced.split(".")[1:]) if enhanced else None
    kind = _kind(code, detail, text, phase)
    if kind in _OF_ADDRESS and phase in _BEFORE_RECIPIENT:
        # "Unknown user" in answer to MAIL FROM or the login speaks about us, not the recipient.
        kind = ReplyKind.POLICY
    if kind in _OF_ADDRESS and re.search(r"relay(ing)?\b", text, re.IGNORECASE):
        # The relay refuses to carry our mail: a fault of the set-up, not a dead address.
        kind = ReplyKind.POLICY
    if kind is ReplyKind.NO_MAILBOX and phase == "body" and not (detail or "").startswith("1."):
        # Who has taken the recipient and the letter, and then knows no such user, has read it.
        kind = ReplyKind.FILTERED
    if kind is ReplyKind.NO_DOMAIN and phase == "body":
        # The recipient's domain had taken the letter: some other domain is meant.
        kind = ReplyKind.POLICY
    if kind is ReplyKind.MAILBOX_FULL and phase in _BEFORE_RECIPIENT:
        kind = ReplyKind.SERVER
    return ReplyVerdict(permanent=permanent, kind=kind, code=code, enhanced=enhanced)


def words_of(text: str) -> ReplyKind | None:
    """Return what the words of an answer or of a report say, without any code; None: nothing."""
    said = [kind for kind, pattern in _PHRASES if pattern.search(text)]
    if said and said[0] in _OF_ADDRESS:
        # An address must not die of a sentence that also blames the sender or the letter.
        return next((k for k in said if k in (ReplyKind.SPAM, ReplyKind.POLICY)), said[0])
    return said[0] if said else None


def _kind(code: int, detail: str | None, text: str, phase: str) -> ReplyKind:
    by_phrase = words_of(text)
    if code in (530, 534, 535):
        return ReplyKind.AUTHENTICATION
    if detail is not None and detail in _BY_ENHANCED and detail not in _VAGUE:
        kind = _BY_ENHANCED[detail]
        if detail == "3.2" and code < 500:
            # A system that takes no mail for the moment is busy, or is being started again.
            return ReplyKind.SERVER
        if kind in _OF_ADDRESS and by_phrase in _NOT_OF_ADDRESS:
            # Some gateways say 5.1.1 while the text blames the sender; never kill an address on it.
            return by_phrase
        if kind is ReplyKind.MAILBOX_DISABLED and by_phrase is ReplyKind.MAILBOX_FULL:
            return ReplyKind.MAILBOX_FULL
        if detail == "2.1" and by_phrase is ReplyKind.NO_MAILBOX and phase == "rcpt":
            return ReplyKind.NO_MAILBOX
        if detail == "1.10" and by_phrase is ReplyKind.NO_MAILBOX:
            # RFC 7505 calls a domain without mail so; Exchange, a recipient it does not find.
            return ReplyKind.NO_MAILBOX
        if detail == "7.9" and "policy" in text.lower():
            # Yahoo's refusal of a letter, not of a login.
            return ReplyKind.POLICY
        return kind
    if detail in ("4.1", "7.1") and "recipient address rejected: access denied" in text.lower():
        # What Exchange Online answers for a recipient that its directory does not have.
        return ReplyKind.NO_MAILBOX
    if by_phrase is not None:
        return by_phrase
    if detail is not None and detail in _BY_ENHANCED:
        return _BY_ENHANCED[detail]
    return _BY_CODE.get(code, ReplyKind.SERVER if code < 500 else ReplyKind.OTHER)
