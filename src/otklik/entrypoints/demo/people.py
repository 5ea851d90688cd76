"""Invented people for the customers of the demo, the same ones at every run.

The data set has numbers only. Names are common ones, put together by the number; addresses are at
`example.com`, which RFC 2606 reserves, so no letter can ever reach anybody.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_BRITISH_FIRST = [
    "Olivia",
    "Amelia",
    "Isla",
    "Grace",
    "Emily",
    "Sophie",
    "Charlotte",
    "Hannah",
    "Megan",
    "Alice",
    "Eleanor",
    "Lucy",
    "Harriet",
    "Ruth",
    "Jack",
    "Harry",
    "Oliver",
    "Thomas",
    "George",
    "William",
    "James",
    "Edward",
    "Samuel",
    "Arthur",
    "Henry",
    "Daniel",
    "Joseph",
    "Martin",
]
_BRITISH_LAST = [
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Williams",
    "Wilson",
    "Johnson",
    "Davies",
    "Robinson",
    "Wright",
    "Thompson",
    "Evans",
    "Walker",
    "White",
    "Roberts",
    "Green",
    "Hall",
    "Wood",
    "Jackson",
    "Clarke",
    "Hughes",
    "Edwards",
    "Turner",
    "Cooper",
    "Ward",
    "Morris",
    "Baker",
]
_RUSSIAN = {
    "f": (
        [
            "Анна",
            "Мария",
            "Елена",
            "Ольга",
            "Наталья",
            "Екатерина",
            "Татьяна",
            "Ирина",
            "Светлана",
            "Юлия",
            "Дарья",
            "Полина",
            "Вера",
        ],
        [
            "Иванова",
            "Смирнова",
            "Кузнецова",
            "Попова",
            "Соколова",
            "Лебедева",
            "Козлова",
            "Новикова",
            "Морозова",
            "Волкова",
            "Павлова",
            "Семёнова",
            "Егорова",
            "Орлова",
            "Фёдорова",
            "Белова",
            "Зайцева",
        ],
    ),
    "m": (
        [
            "Александр",
            "Дмитрий",
            "Сергей",
            "Андрей",
            "Алексей",
            "Иван",
            "Михаил",
            "Николай",
            "Павел",
            "Егор",
            "Кирилл",
            "Роман",
        ],
        [
            "Иванов",
            "Смирнов",
            "Кузнецов",
            "Попов",
            "Соколов",
            "Лебедев",
            "Козлов",
            "Новиков",
            "Морозов",
            "Волков",
            "Павлов",
            "Семёнов",
            "Егоров",
            "Орлов",
            "Фёдоров",
            "Белов",
            "Зайцев",
        ],
    ),
}


@dataclass(frozen=True, slots=True)
class Person:
    first_name: str
    last_name: str
    email: str
    language: str


def person_of(number: int) -> Person:
    """Return the person behind a customer number; one in four has a Russian name."""
    dice = hashlib.sha256(f"otklik demo {number}".encode()).digest()
    if dice[0] % 4 == 0:
        first, last = _RUSSIAN["f" if dice[1] % 2 else "m"]
        language = "ru"
    else:
        first, last = _BRITISH_FIRST, _BRITISH_LAST
        language = "en"
    return Person(
        first_name=first[dice[2] % len(first)],
        last_name=last[dice[3] % len(last)],
        email=f"customer{number}@example.com",
        language=language,
    )
