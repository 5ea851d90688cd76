"""Exports and forwarding over HTTP."""

from otklik.exports.http.data import DATA_HANDLERS
from otklik.exports.http.destinations import DestinationsController
from otklik.exports.http.files import FILE_HANDLERS
from otklik.exports.http.forwarding import ForwardingsController
from otklik.exports.http.schedules import SchedulesController

HANDLERS = [
    *DATA_HANDLERS,
    *FILE_HANDLERS,
    DestinationsController,
    SchedulesController,
    ForwardingsController,
]
