"""Segments over HTTP: segments themselves, their folders, and what builders of conditions need."""

from typing import Any

from otklik.segments.http.builder import Builder, Definitions
from otklik.segments.http.folders import Folders
from otklik.segments.http.segments import Segments

HANDLERS: list[Any] = [Segments, Folders, Definitions, Builder]

__all__ = ["HANDLERS"]
