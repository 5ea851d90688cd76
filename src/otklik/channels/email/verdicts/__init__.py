"""What a mail that came back means: pure functions, bytes in, verdicts out.

    model      the words            mime       a reader of mails that are broken in any way
    status     delivery reports     feedback   complaints by way of mail providers
    notice     reports in prose     automatic  absence notes and other answers of programs
    phrases    signs in sentences   answers    from an SMTP answer inside a report to a reason
    judge      all of it together

What an SMTP answer means is asked of `channels.email.replies`, here as at the moment of sending.
"""

from otklik.channels.email.verdicts.judge import judge_return, readable_headers, readable_text
from otklik.channels.email.verdicts.mime import MAIL_BYTES
from otklik.channels.email.verdicts.model import (
    REASON_TEXTS,
    VERDICT_TEXTS,
    Original,
    RecipientVerdict,
    ReturnedMail,
    ReturnReason,
    ReturnVerdict,
)

__all__ = [
    "MAIL_BYTES",
    "REASON_TEXTS",
    "VERDICT_TEXTS",
    "Original",
    "RecipientVerdict",
    "ReturnReason",
    "ReturnVerdict",
    "ReturnedMail",
    "judge_return",
    "readable_headers",
    "readable_text",
]
