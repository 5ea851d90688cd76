"""Campaigns over HTTP."""

from typing import Any

from otklik.campaigns.http.approval import Approvals
from otklik.campaigns.http.course import Course
from otklik.campaigns.http.drafts import Drafts
from otklik.campaigns.http.templates import Templates

HANDLERS: list[Any] = [Drafts, Approvals, Course, Templates]
