"""Possible duplicates: which pairs are found, why, and that neither order nor gaps matter."""

from __future__ import annotations

import math
import random

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.profiles.model.likeness import Field, Level, Pair, Person, find_duplicates
from otklik.profiles.model.likeness.blocking import BLOCK_MAX, pairs_by_rule
from otklik.profiles.model.likeness.columns import columns_of
from otklik.profiles.model.likeness.comparison import compare, edits
from otklik.profiles.model.likeness.spelling import day_of, plain_name, sound

FIRST = ("Анна", "Елена", "Юлия", "Алексей", "Дмитрий", "Сергей", "John", "Grace", "Oliver", "Emma")
LAST = ("Орлов", "Щукин", "Ким", "Ёлкин", "Юдин", "Baker", "Murphy", "Griffiths", "Dean", "Rowe")


def crowd(size: int = 60) -> list[Person]:
    """Return people who have nothing to do with each other."""
    rng = random.Random(7)
    return [
        Person(
            key=f"crowd {at}",
            first_name=rng.choice(FIRST),
            last_name=rng.choice(LAST) + rng.choice(("", "ский", "son", "ер")),
            birth_date=f"{1950 + at % 50}-{1 + at % 12:02}-{1 + at * 7 % 28:02}",
            emails=(f"person{at * 7919}@shop{at % 9}.example",),
            phones=(f"+7916{at * 104729 % 10**7:07}",),
            city=rng.choice(("Москва", "Казань", "Leeds")),
        )
        for at in range(size)
    ]


ANNA = Person(
    key="anna",
    first_name="Анна",
    last_name="Королёва",
    birth_date="1990-05-07",
    emails=("a.koroleva@mail.example",),
    phones=("+79161234567",),
    city="Тверь",
)


def changed(**values: object) -> Person:
    return msgspec.structs.replace(ANNA, key="other", **values)  # type: ignore[arg-type]


def only_pair(other: Person) -> Pair:
    pairs = find_duplicates([*crowd(), ANNA, other], region="RU", threshold=0.9)
    found = [one for one in pairs if {one.left, one.right} == {"anna", "other"}]
    assert len(found) == 1
    return found[0]


def level(pair: Pair, field: Field) -> Level:
    return next(one.level for one in pair.evidence if one.field is field)


@pytest.mark.parametrize(
    ("values", "field", "expected"),
    [
        ({"last_name": "КОРОЛЕВА"}, Field.LAST_NAME, Level.SAME),
        ({"last_name": "Koroleva", "first_name": "Anna"}, Field.LAST_NAME, Level.SOUNDS),
        ({"last_name": "Корлёва"}, Field.LAST_NAME, Level.NEAR),
        ({"first_name": "А."}, Field.FIRST_NAME, Level.BEGINS),
        ({"first_name": "Анна Сергеевна"}, Field.FIRST_NAME, Level.SAME),
        ({"birth_date": "1990-07-05"}, Field.BIRTH_DATE, Level.SWAPPED),
        ({"birth_date": "1990-05-17"}, Field.BIRTH_DATE, Level.NEAR),
        ({"birth_date": "07.05.1990"}, Field.BIRTH_DATE, Level.SAME),
        ({"birth_date": "yesterday"}, Field.BIRTH_DATE, Level.MISSING),
        ({"emails": ("a.korolev@mail.example",)}, Field.EMAIL, Level.NEAR),
        ({"emails": ("a.koroleva@work.example",)}, Field.EMAIL, Level.PART),
        ({"emails": ("x@work.example", "A.Koroleva@Mail.example")}, Field.EMAIL, Level.SAME),
        ({"phones": ("8 (916) 123-45-67",)}, Field.PHONE, Level.SAME),
        ({"phones": ("8 916 123-45-76",)}, Field.PHONE, Level.NEAR),
        ({"phones": ("+998 91 123-45-67",)}, Field.PHONE, Level.PART),
        ({"city": ""}, Field.CITY, Level.MISSING),
    ],
)
def test_it_finds_the_person_and_says_why(
    values: dict[str, object], field: Field, expected: Level
) -> None:
    assert level(only_pair(changed(**values)), field) is expected


def test_it_sees_that_names_are_exchanged() -> None:
    pair = only_pair(changed(first_name="Koroleva", last_name="Anna"))
    names = [one for one in pair.evidence if one.field in {Field.FIRST_NAME, Field.LAST_NAME}]
    assert [one.level for one in names] == [Level.SOUNDS, Level.SOUNDS]
    assert all(one.exchanged for one in names)


def test_namesakes_are_not_one_person() -> None:
    other = changed(
        birth_date="1961-11-23", emails=("zz@else.example",), phones=("+79037654321",), city="Омск"
    )
    pairs = find_duplicates([*crowd(), ANNA, other], region="RU")
    assert not [one for one in pairs if {one.left, one.right} == {"anna", "other"}]


def test_the_evidence_adds_up_to_the_probability() -> None:
    for pair in find_duplicates([*crowd(), ANNA, changed()], threshold=0.0):
        total = pair.prior_bits + sum(one.bits for one in pair.evidence)
        assert pair.probability == pytest.approx(1 / (1 + 2**-total), rel=1e-9)
        assert pair.left < pair.right
        assert [one.field for one in pair.evidence] == list(Field)


def test_agreement_on_a_rare_name_weighs_more() -> None:
    doubles = [("Иванова", at) for at in range(15)] + [("Шиффербург", 15)]
    people = [
        msgspec.structs.replace(
            crowd(99)[at], key=f"{side}{at}", last_name=name, emails=(f"same{at}@b.example",)
        )
        for name, at in doubles
        for side in "ab"
    ]
    bits = {}
    for pair in find_duplicates([*crowd(), *people], threshold=0.9):
        if (pair.left[0], pair.right[0]) != ("a", "b") or pair.left[1:] != pair.right[1:]:
            continue
        name = next(one.last_name for one in people if one.key == pair.left)
        bits[name] = next(one.bits for one in pair.evidence if one.field is Field.LAST_NAME)
    assert bits["Шиффербург"] > bits["Иванова"] + 1


def test_a_missing_value_says_nothing() -> None:
    pair = only_pair(changed(city="", phones=()))
    silent = [one for one in pair.evidence if one.level is Level.MISSING]
    assert {one.field for one in silent} == {Field.CITY, Field.PHONE}
    assert all(one.bits == 0 for one in silent)


def test_what_everybody_shares_chooses_no_pairs() -> None:
    people = [
        Person(key=f"{at:04}", birth_date="1970-01-01", emails=("no@mail.example",), city="Москва")
        for at in range(BLOCK_MAX + 1)
    ]
    assert sum(map(len, pairs_by_rule(columns_of(people, None)))) == 0
    assert find_duplicates(people) == []


def test_two_people_cannot_have_one_key() -> None:
    with pytest.raises(ValueError, match="one key"):
        find_duplicates([ANNA, ANNA])


@pytest.mark.parametrize("people", [[], [ANNA], [Person(key="a"), Person(key="b")]])
def test_nobody_is_like_nobody(people: list[Person]) -> None:
    assert find_duplicates(people, threshold=0.0) == []


@pytest.mark.parametrize(
    "names",
    [
        ("Юлия", "Julia", "Yulia", "Yuliya", "Iuliia", "ЮЛИЯ"),
        ("Алексей", "Alexey", "Aleksei", "Alexei"),
        ("Щербаков", "Shcherbakov", "Scherbakov"),
        ("Королёв", "Королев", "Korolev"),
        ("Елена", "Elena", "Yelena"),
        ("Цветаев", "Tsvetaev"),
        ("Хабаров", "Khabarov", "Habarov"),
        ("José", "Jose"),
        ("O'Brien", "OBrien", "O’Brien"),
    ],
)
def test_one_name_has_one_sound(names: tuple[str, ...]) -> None:
    assert len({sound(plain_name(one)) for one in names}) == 1


def test_dates_are_read_in_two_styles() -> None:
    assert day_of("1990-05-17") == day_of("17.05.1990") == day_of("1990-05-17T00:00:00Z")
    assert [day_of(one) for one in ("", "1990-02-30", "17.05.90", "0000-00-00")] == [""] * 4


def _plain_distance(a: str, b: str) -> int:
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


@given(
    texts=st.lists(st.text(alphabet="abv", min_size=1, max_size=8), min_size=2, max_size=8),
)
def test_distances_are_those_of_the_plain_algorithm(texts: list[str]) -> None:
    people = [Person(key=f"{at}", city=one) for at, one in enumerate(texts)]
    column = columns_of(people, None).city
    i, j = (one.ravel() for one in np.indices((len(column.texts),) * 2))
    for a, b, found in zip(i, j, edits(column, i, column, j), strict=True):
        texts_of = [sound(column.texts[at]) for at in (a, b)]
        assert found == min(3, _plain_distance(*texts_of))


text = st.one_of(
    st.sampled_from([*FIRST, *LAST, "", "1990-05-07", "01.02.1990", "+79161234567", "a@b.ru"]),
    st.text(max_size=12),
)
several = st.lists(text, max_size=4).map(tuple)
anybody = st.builds(
    Person,
    key=st.uuids().map(str),
    first_name=text,
    last_name=text,
    birth_date=text,
    emails=several,
    phones=several,
    city=text,
)


@settings(max_examples=40, deadline=None)
@given(people=st.lists(anybody, max_size=8, unique_by=lambda one: one.key), rng=st.randoms())
def test_neither_gaps_nor_order_matter(people: list[Person], rng: random.Random) -> None:
    pairs = find_duplicates(people, region="RU", threshold=0.0)
    other = list(people)
    rng.shuffle(other)
    assert find_duplicates(other, region="RU", threshold=0.0) == pairs
    for pair in pairs:
        assert 0 <= pair.probability <= 1
        assert all(math.isfinite(one.bits) for one in pair.evidence)


@settings(max_examples=40, deadline=None)
@given(people=st.lists(anybody, min_size=2, max_size=6, unique_by=lambda one: one.key))
def test_a_comparison_is_the_same_from_both_sides(people: list[Person]) -> None:
    columns = columns_of(people, "RU")
    left, right = np.triu_indices(len(people), 1)
    one, two = compare(columns, left, right), compare(columns, right, left)
    assert (one.exchanged == two.exchanged).all()
    for field in Field:
        if field in {Field.FIRST_NAME, Field.LAST_NAME}:
            continue
        assert (one.levels[field] == two.levels[field]).all()
        assert one.shares[field] == pytest.approx(two.shares[field])
    # The two names of exchanged ones change places with the sides.
    names = [(c.levels[Field.FIRST_NAME], c.levels[Field.LAST_NAME]) for c in (one, two)]
    first = np.where(two.exchanged, names[1][1], names[1][0])
    last = np.where(two.exchanged, names[1][0], names[1][1])
    assert (names[0][0] == first).all()
    assert (names[0][1] == last).all()
