"""What can be wrong about a question on segments over time."""

from __future__ import annotations

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text


class WrongChoice(OtklikError):
    """Facts: `least`, `most`."""

    code = "wrong_choice_of_segments"
    status = 422
    message = Text(
        en="Choose from {least} to {most} different segments.",
        ru="Выберите от {least} до {most} разных сегментов.",
    )


class MomentsTurned(OtklikError):
    code = "moments_turned"
    status = 422
    message = Text(
        en="The first moment must be before the second.",
        ru="Первый момент должен быть раньше второго.",
    )


class NoSuchPart(OtklikError):
    code = "no_such_part"
    status = 422
    message = Text(en="The diagram has no such part.", ru="На схеме нет такой части.")
