"""Writes of campaigns: `drafts`, the `launch`, and the `course` after it."""

from otklik.campaigns.operations.approval import (
    ask_approval,
    decide_approval,
    take_back_approval,
)
from otklik.campaigns.operations.course import (
    finish_campaign,
    on_mailing_finished,
    pause_campaign,
    resume_campaign,
)
from otklik.campaigns.operations.drafts import (
    change_campaign,
    create_campaign,
    delete_campaign,
    duplicate_campaign,
)
from otklik.campaigns.operations.launch import (
    START_JOB,
    begin_launch,
    note_failed_launch,
    note_running,
    order_launch,
    order_mailing,
)
from otklik.campaigns.operations.rest import send_rest, waiting_for_rule

__all__ = [
    "START_JOB",
    "ask_approval",
    "begin_launch",
    "change_campaign",
    "create_campaign",
    "decide_approval",
    "delete_campaign",
    "duplicate_campaign",
    "finish_campaign",
    "note_failed_launch",
    "note_running",
    "on_mailing_finished",
    "order_launch",
    "order_mailing",
    "pause_campaign",
    "resume_campaign",
    "send_rest",
    "take_back_approval",
    "waiting_for_rule",
]
