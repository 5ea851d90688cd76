"""Segments over HTTP: segments themselves, their folders, and what builders of conditions need."""

from typing import Any

from otklik.segments.http.builder import Builder, Definitions
from otklik.segments.http.folders import Folders
from otklik.segments.http.members import Members
from otklik.segments.http.segments import Segments
from otklik.segments.overtime.http import OverTime

HANDLERS: list[Any] = [Segments, Members, OverTime, Folders, Definitions, Builder]

__all__ = ["HANDLERS"]
