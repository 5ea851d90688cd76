"""Exports of mailing services and shops: known by their columns, with a mapping ready for each.

Only services are here whose columns are published or stand in published files:

- Mailchimp: an audience export has three files, of subscribed, unsubscribed and cleaned contacts
  (ginkgo.st/~ca/roadmap/mailchimp-and-civicrm-overview/notes-on-mailchimp-data-exports). Columns
  MEMBER_RATING … NOTES, TAGS, with UNSUB_* or CLEAN_* in the latter two, as in exports that many
  public repositories quote. Times are in UTC.
- Klaviyo: export of a list or segment, and of suppressed profiles
  (help.klaviyo.com, articles 115005078687 and 24312135764251).
- Unisender: fields of exportContacts (unisender.com/ru/support/api/contacts/exportcontacts).
- Brevo: EMAIL, ADDED_TIME, MODIFIED_TIME (developers.brevo.com/reference/request-contact-export);
  the export does not name the state of a consent unless it is asked for, so none is taken over.
- listmonk: header written by its exporter (cmd/subscribers.go). `enabled` tells nothing of the
  lists a person has left, so no consent is taken over.
- Lemon Squeezy: docs.lemonsqueezy.com/help/email/exporting-subscribers.
- Shopify: customer export, “Accepts Email Marketing” (help.shopify.com). `no` may mean that nobody
  asked, so it withdraws nothing.

The columns of exports of SendPulse, GetResponse, Sendsay, Mindbox, DashaMail and Carrot quest were
not found in what they publish; so nothing is guessed of them.

An export of any other service is read like every file: by its names of columns and its values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from otklik.ingestion.imports.model import Effect, ImportKind, ImportOptions
from otklik.kit.i18n import Text


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """An export that is known. All names of columns are in lower case.

    `needs`: columns by which it is known. `fields`: columns to fields; others are guessed.
    `note`: what its rows become, in a sentence.
    """

    code: str
    title: str
    needs: frozenset[str]
    kind: ImportKind
    fields: dict[str, str]
    options: ImportOptions
    note: Text


def _service(code: str, title: str, needs: str, kind: ImportKind, **more: Any) -> Service:
    return Service(
        code=code,
        title=title,
        needs=frozenset(needs.split("|")),
        kind=kind,
        fields=more["fields"],
        options=ImportOptions(timezone="UTC", **more.get("options", {})),
        note=more["note"],
    )


_MAILCHIMP_COMMON = {
    "email address": "email",
    "first name": "trait:first_name",
    "last name": "trait:last_name",
    "phone number": "phone",
    "birthday": "skip",
    "member_rating": "trait:mailchimp_rating:number",
    "timezone": "trait:timezone",
    "cc": "trait:country",
    "region": "trait:region",
    "tags": "trait:tags:list",
    **dict.fromkeys(
        ("email_type", "latitude", "longitude", "gmtoff", "dstoff", "last_changed", "leid", "euid"),
        "skip",
    ),
}
_MAILCHIMP_PROOF = {
    "optin_time": "granted_at",
    "optin_ip": "ip",
    "confirm_time": "granted_at",
    "confirm_ip": "ip",
    "notes": "trait:mailchimp_notes",
}
_UNISENDER: dict[str, Effect] = {
    "active": "granted",
    "new": "none",
    "inactive": "none",
    "invited": "none",
    "unsubscribed": "withdrawn",
}
_KLAVIYO: dict[str, Effect] = {
    "SUBSCRIBED": "granted",
    "UNSUBSCRIBED": "withdrawn",
    "NEVER_SUBSCRIBED": "none",
}
_SUBSCRIBED = Text(
    en="Everybody here is subscribed: they become customers with a consent to e-mail, proven by the"
    " time and the address of their subscription.",
    ru="Здесь все подписаны: станут клиентами с согласием на почту, а доказательством будут время и"
    " IP-адрес подписки.",
)
_UNSUBSCRIBED = Text(
    en="Everybody here has unsubscribed: their consent to e-mail is withdrawn.",
    ru="Здесь все отписались: их согласие на почту будет отозвано.",
)
_DEAD = Text(
    en="Letters to these addresses came back: they go to the stop list, and no customers are made.",
    ru="Письма на эти адреса возвращались: адреса попадут в стоп-лист, клиенты созданы не будут.",
)
_BY_STATUS = Text(
    en="A column tells who is subscribed and who has left; the rows follow it.",
    ru="Кто подписан, а кто отписался, сказано в столбце статуса; строки следуют ему.",
)
_NO_STATE = Text(
    en="The export does not say who agreed to e-mail. If you know it, state it below.",
    ru="В выгрузке не сказано, кто согласился на рассылки. Если вы это знаете, укажите ниже.",
)

SERVICES: tuple[Service, ...] = (
    _service(
        "mailchimp_cleaned",
        "Mailchimp",
        "email address|clean_time",
        ImportKind.SUPPRESSIONS,
        fields={"email address": "email", "clean_time": "time"},
        options={"effect": "hard_bounce"},
        note=_DEAD,
    ),
    _service(
        "mailchimp_unsubscribed",
        "Mailchimp",
        "email address|unsub_time",
        ImportKind.CONSENTS,
        fields={
            **_MAILCHIMP_COMMON,
            **dict.fromkeys(("optin_time", "optin_ip", "confirm_time", "confirm_ip"), "skip"),
            "unsub_time": "withdrawn_at",
            "unsub_campaign_title": "note",
            "unsub_campaign_id": "skip",
            "unsub_reason": "note",
            "unsub_reason_other": "note",
            "notes": "trait:mailchimp_notes",
        },
        options={"effect": "withdrawn"},
        note=_UNSUBSCRIBED,
    ),
    _service(
        "mailchimp_subscribed",
        "Mailchimp",
        "email address|member_rating|optin_time|confirm_time",
        ImportKind.CONSENTS,
        fields={**_MAILCHIMP_COMMON, **_MAILCHIMP_PROOF},
        options={"effect": "granted"},
        note=_SUBSCRIBED,
    ),
    _service(
        "klaviyo_profiles",
        "Klaviyo",
        "email|klaviyo id|email marketing consent",
        ImportKind.CONSENTS,
        fields={
            "email": "email",
            "klaviyo id": "external:klaviyo_id",
            "first name": "trait:first_name",
            "last name": "trait:last_name",
            "phone number": "phone",
            "city": "trait:city",
            "country": "trait:country",
            "email marketing consent": "status",
            "email marketing consent timestamp": "granted_at",
            "ip address": "ip",
            "source": "form",
            **dict.fromkeys(
                ("latitude", "longitude", "last open", "last click", "email suppressions"), "skip"
            ),
        },
        options={"effects": _KLAVIYO},
        note=_BY_STATUS,
    ),
    _service(
        "unisender_contacts",
        "Unisender",
        "email|email_status",
        ImportKind.CONSENTS,
        fields={
            "email": "email",
            "name": "trait:name",
            "имя": "trait:name",
            "phone": "phone",
            "tags": "trait:tags:list",
            "email_status": "status",
            "email_add_time": "granted_at",
            "email_confirm_time": "granted_at",
            "email_request_ip": "ip",
            "email_confirm_ip": "ip",
            **dict.fromkeys(
                (
                    "email_availability",
                    "email_list_ids",
                    "email_subscribe_times",
                    "email_unsubscribed_list_ids",
                    "email_excluded_list_ids",
                    "email_last_delivered_at",
                    "email_last_read_at",
                    "email_last_clicked_at",
                    "phone_status",
                    "phone_availability",
                    "phone_add_time",
                    "phone_request_ip",
                    "phone_list_ids",
                    "phone_subscribe_times",
                    "phone_unsubscribed_list_ids",
                    "phone_excluded_list_ids",
                ),
                "skip",
            ),
        },
        options={"effects": _UNISENDER},
        note=_BY_STATUS,
    ),
    _service(
        "brevo_contacts",
        "Brevo",
        "email|added_time|modified_time",
        ImportKind.CUSTOMERS,
        fields={
            "email": "email",
            "sms": "phone",
            "firstname": "trait:first_name",
            "lastname": "trait:last_name",
            "added_time": "first_seen",
            "modified_time": "skip",
        },
        note=_NO_STATE,
    ),
    _service(
        "listmonk_subscribers",
        "listmonk",
        "uuid|email|name|attributes|status|created_at|updated_at",
        ImportKind.CONSENTS,
        fields={
            "uuid": "external:listmonk_uuid",
            "email": "email",
            "name": "trait:name",
            "attributes": "trait:listmonk_attributes",
            "status": "status",
            "created_at": "granted_at",
            "updated_at": "skip",
        },
        options={"effects": {"enabled": "none", "disabled": "none", "blocklisted": "unsubscribed"}},
        note=_NO_STATE,
    ),
    _service(
        "lemonsqueezy_subscribers",
        "Lemon Squeezy",
        "identifier|email|status|status_formatted|created_at",
        ImportKind.CONSENTS,
        fields={
            "identifier": "external:lemonsqueezy_id",
            "email": "email",
            "name": "trait:name",
            "country": "trait:country",
            "status": "status",
            "created_at": "granted_at",
            "unsubscribed_at": "withdrawn_at",
            **dict.fromkeys(
                (
                    "status_formatted",
                    "country_formatted",
                    "email_sends",
                    "email_opens",
                    "email_clicks",
                ),
                "skip",
            ),
        },
        options={
            "effects": {
                "subscribed": "granted",
                "unsubscribed": "withdrawn",
                "bounced": "hard_bounce",
                "invalid_email": "hard_bounce",
                "requires_verification": "none",
                "archived": "none",
            }
        },
        note=_BY_STATUS,
    ),
    _service(
        "shopify_customers",
        "Shopify",
        "first name|last name|email|accepts email marketing",
        ImportKind.CONSENTS,
        fields={
            "customer id": "user_id",
            "first name": "trait:first_name",
            "last name": "trait:last_name",
            "email": "email",
            "phone": "phone",
            "default address phone": "skip",
            "default address city": "trait:city",
            "default address country code": "trait:country",
            "city": "trait:city",
            "country": "trait:country",
            "tags": "trait:tags:list",
            "note": "trait:shopify_note",
            "total spent": "trait:shopify_total_spent:number",
            "total orders": "trait:shopify_total_orders:number",
            "accepts email marketing": "status",
            "accepts sms marketing": "skip",
        },
        options={"effects": {"yes": "granted", "no": "none"}},
        note=_BY_STATUS,
    ),
)


def service_of(columns: Sequence[str]) -> Service | None:
    """Return the service whose export has these columns, if it is one that is known."""
    names = {column.strip().lower() for column in columns}
    return next((service for service in SERVICES if service.needs <= names), None)


def service_by_code(code: str) -> Service | None:
    return next((service for service in SERVICES if service.code == code), None)
