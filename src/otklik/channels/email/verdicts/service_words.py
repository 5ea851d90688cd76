"""What the words of sending services mean: their types of bounces, suppressions and statuses.

Each table was compared with the service's own page, named above it. Where a service will not send
to an address any more because of what happened before, that is the address's state here too.
"""

from __future__ import annotations

from typing import Final

from otklik.channels.email.verdicts.model import ReturnReason, ReturnVerdict

V, R = ReturnVerdict, ReturnReason
Meant = tuple[ReturnVerdict, ReturnReason | None]
"""None: the reason is in the words of the receiving server, if anywhere."""

# docs.aws.amazon.com/ses/latest/dg/notification-contents.html, bounce types and sub-types. A
# "Permanent" of another sub-type is hard too, unless the server's answer blames something else.
SES_BOUNCES: Final[dict[str, ReturnReason]] = {
    "NoEmail": R.NO_MAILBOX,
    "Suppressed": R.NO_MAILBOX,
    "OnAccountSuppressionList": R.NO_MAILBOX,
    "MailboxFull": R.MAILBOX_FULL,
    "MessageTooLarge": R.TOO_BIG,
    "ContentRejected": R.CONTENT,
    "AttachmentRejected": R.CONTENT,
}

# The same page, complaintFeedbackType: the values of RFC 5965.
SES_COMPLAINTS: Final[dict[str, ReturnReason]] = {
    "abuse": R.ABUSE,
    "fraud": R.FRAUD,
    "virus": R.VIRUS,
    "not-spam": R.NOT_SPAM,
    "auth-failure": R.AUTH_FAILURE,
}

# documentation.mailgun.com/docs/mailgun/user-manual/events/event-types: `reason` of a failed event
# whose letter was not even offered, since the address is on Mailgun's own lists.
MAILGUN_SUPPRESSED: Final[dict[str, Meant]] = {
    "suppress-bounce": (V.HARD, R.NO_MAILBOX),
    "suppress-complaint": (V.COMPLAINT, R.ABUSE),
    "suppress-unsubscribe": (V.COMPLAINT, R.OPT_OUT),
}

# postmarkapp.com/developer/api/bounce-api, Bounce types. Those about us and not about a recipient
# (SMTPApiError, InboundError, TemplateRenderingFailed, Unconfirmed) stand for nothing.
POSTMARK_BOUNCES: Final[dict[str, Meant]] = {
    "HardBounce": (V.HARD, None),
    "BadEmailAddress": (V.HARD, R.NO_MAILBOX),
    "AddressChange": (V.HARD, R.MOVED),
    "SpamComplaint": (V.COMPLAINT, R.ABUSE),
    "AbuseReport": (V.COMPLAINT, R.ABUSE),
    "Unsubscribe": (V.COMPLAINT, R.OPT_OUT),
    "AutoResponder": (V.AUTO_REPLY, R.AUTOMATIC),
    "ChallengeVerification": (V.NONE, R.CHALLENGE),
    "Transient": (V.SOFT, R.DELAYED),
    "SoftBounce": (V.SOFT, None),
    "DnsError": (V.SOFT, R.NETWORK),
    "SpamNotification": (V.SOFT, R.SPAM),
    "Blocked": (V.SOFT, R.SPAM),
    "DMARCPolicy": (V.SOFT, R.POLICY),
    "VirusNotification": (V.SOFT, R.CONTENT),
    "ManuallyDeactivated": (V.SOFT, R.POLICY),
    "Unknown": (V.SOFT, None),
}

# postmarkapp.com/developer/webhooks/subscription-change-webhook: (SuppressionReason, Origin). What
# our own people did there (Customer, Admin) is no wish of the recipient.
POSTMARK_SUPPRESSED: Final[dict[tuple[str, str], Meant]] = {
    ("HardBounce", "Recipient"): (V.HARD, R.NO_MAILBOX),
    ("SpamComplaint", "Recipient"): (V.COMPLAINT, R.ABUSE),
    ("ManualSuppression", "Recipient"): (V.COMPLAINT, R.OPT_OUT),
}

# www.twilio.com/docs/sendgrid/for-developers/tracking-events/event, dropped: `reason`.
SENDGRID_DROPPED: Final[dict[str, Meant]] = {
    "bounced address": (V.HARD, R.NO_MAILBOX),
    "invalid": (V.HARD, R.NO_MAILBOX),
    "spam reporting address": (V.COMPLAINT, R.ABUSE),
    "unsubscribed address": (V.COMPLAINT, R.OPT_OUT),
}

# godocs.unisender.ru/web-api-ref#callback-format: delivery_info.delivery_status. Those about the
# address are hard when the service's own verdict is hard.
UNISENDER_OF_ADDRESS: Final[dict[str, ReturnReason]] = {
    "err_user_unknown": R.NO_MAILBOX,
    "err_mailbox_discarded": R.NO_MAILBOX,
    "err_dest_invalid": R.NO_MAILBOX,
    "err_unreachable": R.MAILBOX_DISABLED,
    "err_user_inactive": R.MAILBOX_DISABLED,
    "err_domain_inactive": R.NO_DOMAIN,
    "err_no_dns": R.NO_DOMAIN,
    "err_no_smtp": R.NO_DOMAIN,
}
UNISENDER_OTHERS: Final[dict[str, ReturnReason]] = {
    "err_will_retry": R.DELAYED,
    "err_resend": R.DELAYED,
    "err_mailbox_full": R.MAILBOX_FULL,
    "err_spam_rejected": R.SPAM,
    "err_spam_skipped": R.SPAM,
    "err_spam_removed": R.SPAM,
    "err_blacklisted": R.SPAM,
    "err_too_large": R.TOO_BIG,
    "err_destination_misconfigured": R.SERVER,
    "err_giveup": R.EXPIRED,
    "err_skip_letter": R.POLICY,
    "err_delivery_failed": R.OTHER,
    "err_lost": R.OTHER,
}
