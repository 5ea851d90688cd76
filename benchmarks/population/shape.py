"""What both engines must agree on: who has which values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

EVENT_TYPES = 200
TRAITS = 300
TAIL = TRAITS - 11

_FIRST_NAMES = """
Anna Boris Vera Grigory Darya Egor Zhanna Ivan Kira Leonid Maria Nikita Olga Pavel Rita Sergey
Tatiana Ulyana Fedor Yana Анна Борис Вера Григорий Дарья Егор Жанна Иван Кира Леонид Мария
Никита Ольга Павел Рита Сергей Татьяна Ульяна Фёдор Яна
"""
_LAST_NAMES = """
Abramenko Belyak Vasnetsov Gorevoy Dolgikh Ermak Zhukovets Zimin Kalugin Lavrenko Medved Novik
Orlenko Petrenko Ryabko Sokolenko Tarasyuk Ustinko Fomenko Kharkov Абраменко Беляк Васнецов
Горевой Долгих Ермак Жуковец Зимин Калугин Лавренко Медведь Новик Орленко Петренко Рябко
Соколенко Тарасюк Устинко Фоменко Харьков
"""
FIRST, LAST = _FIRST_NAMES.split(), _LAST_NAMES.split()
COUNTRIES = ("RU", "RU", "RU", "RU", "BY", "KZ", "AM", "GE", "RS", "TR")
PLANS = ("free", "free", "free", "start", "start", "pro", "business")


@dataclass(frozen=True)
class Population:
    """How much of everything. `first_id`: id of the first profile."""

    workspace_id: int
    first_id: int
    people: int
    events: int
    now: datetime

    @property
    def orders(self) -> int:
        return self.people // 10

    @property
    def messages(self) -> int:
        return self.people // 2

    @property
    def born_ms(self) -> int:
        """The earliest moment at which anybody was seen, in milliseconds since 1970."""
        return int((self.now - timedelta(days=730)).timestamp() * 1000)


def mix_clickhouse(number: str, salt: int) -> str:
    """Return an expression for 32 bits that `number` and `salt` decide. The same in PostgreSQL."""
    first = f"((toInt64({number}) * 2654435761 + {salt * 2246822519}) % 4294967296)"
    second = f"((bitXor({first}, bitShiftRight({first}, 15)) * 1540483477) % 4294967296)"
    return f"bitXor({second}, bitShiftRight({second}, 13))"


def mix_postgres(number: str, salt: int) -> str:
    first = f"((({number})::bigint * 2654435761 + {salt * 2246822519}) % 4294967296)"
    second = f"((({first} # ({first} >> 15)) * 1540483477) % 4294967296)"
    return f"({second} # ({second} >> 13))"
