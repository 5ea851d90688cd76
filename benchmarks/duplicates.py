"""Finding possible duplicates: how right the pairs are, and how long many people take.

The truth is the 1,000 synthetic records of splink's `fake_1000` (251 people), which lie beside the
project; without them only times are printed. The people of the second part are made here: one in
ten is there twice, with errors. A pair is right when both records are of one person; recall is over
all true pairs, also those that no rule looks at.
"""

from __future__ import annotations

import csv
import random
import resource
import time
from itertools import combinations
from pathlib import Path

from benchmarks.harness import report
from otklik.profiles.model.likeness import THRESHOLD, Pair, Person, find_duplicates

TRUTH = Path(__file__).resolve().parents[2] / "shared/data/record_linkage/fake_1000.csv"
SIZES = (10_000, 100_000)
_SYLLABLES = (
    *("ба", "ве", "го", "ду", "жи", "ка", "ле", "ми", "но", "пу", "ра"),
    *("се", "ти", "фо", "ха", "ча", "ше", "ю", "я", "кра", "сте", "бло"),
)
_ENDS = ("ов", "ев", "ин", "ский", "енко", "ук", "ян")
_FIRST = (
    *("Анна", "Мария", "Елена", "Ольга", "Юлия", "Алексей", "Дмитрий", "Иван", "Сергей", "Пётр"),
    *("Наталья", "Татьяна", "Андрей", "Игорь", "Светлана", "Ирина", "Павел", "Роман", "Виктор"),
    *("Максим", "Артём", "Никита", "Егор", "Вера", "Дарья", "Полина", "София", "Кирилл"),
)


def main() -> None:
    if TRUTH.exists():
        _records()
    else:
        print(f"{TRUTH.name} is not beside the project: nothing to be right about.")
    for size in SIZES:
        _made(size)


def _records() -> None:
    rows = list(csv.DictReader(TRUTH.open(encoding="utf-8")))
    people = [
        Person(
            key=row["unique_id"],
            first_name=row["first_name"],
            last_name=row["surname"],
            birth_date=row["dob"],
            emails=(row["email"],) if row["email"] else (),
            city=row["city"],
        )
        for row in rows
    ]
    clusters: dict[str, list[str]] = {}
    for row in rows:
        clusters.setdefault(row["cluster"], []).append(row["unique_id"])
    truth = {frozenset(pair) for one in clusters.values() for pair in combinations(one, 2)}
    begun = time.perf_counter()
    pairs = find_duplicates(people, threshold=0.0)
    took = time.perf_counter() - begun
    looked_at = {frozenset((one.left, one.right)) for one in pairs}
    report(
        "fake_1000",
        seconds=took,
        pairs_looked_at=len(pairs),
        recall_of_blocking=len(looked_at & truth) / len(truth),
    )
    for threshold in sorted({0.5, 0.9, THRESHOLD, 0.99, 0.999}):
        mark = " (chosen)" if threshold == THRESHOLD else ""
        _right(f"fake_1000 from {threshold}{mark}", pairs, truth, threshold)


def _right(name: str, pairs: list[Pair], truth: set[frozenset[str]], threshold: float) -> None:
    said = {frozenset((one.left, one.right)) for one in pairs if one.probability >= threshold}
    hits = len(said & truth)
    precision, recall = hits / max(1, len(said)), hits / len(truth)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    report(name, pairs=len(said), precision=precision, recall=recall, f1=f1)


def _made(size: int) -> None:
    people, truth = _people(size)
    begun, cpu = time.perf_counter(), time.process_time()
    pairs = find_duplicates(people, region="RU")
    took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    report(
        f"{size:,} made people",
        seconds=took,
        cpu_us_a_person=cpu / size * 1e6,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
    _right(f"{size:,} made people", pairs, truth, THRESHOLD)


def _people(size: int) -> tuple[list[Person], set[frozenset[str]]]:
    rng = random.Random(size)
    surnames = ["".join(rng.choices(_SYLLABLES, k=2)) + rng.choice(_ENDS) for _ in range(5_000)]
    # Surnames are as unequal as in life: the first has a few people in a hundred.
    shares = [1 / (10 + at) for at in range(len(surnames))]
    lasts = rng.choices(surnames, shares, k=size)
    people: list[Person] = []
    truth: set[frozenset[str]] = set()
    for at in range(size):
        if at % 11 == 10:
            people.append(_again(rng, people[-1], f"p{at}"))
            truth.add(frozenset((people[-2].key, people[-1].key)))
            continue
        year, month, day = rng.randint(1950, 2007), rng.randint(1, 12), rng.randint(1, 28)
        phone = f"+79{rng.randint(0, 10**9 - 1):09}"
        people.append(
            Person(
                key=f"p{at}",
                first_name=rng.choice(_FIRST),
                last_name=lasts[at].capitalize(),
                birth_date=f"{year}-{month:02}-{day:02}" if rng.random() < 0.6 else "",
                emails=(f"user{rng.randint(0, 10**9)}@mail.example",) if rng.random() < 0.8 else (),
                phones=(phone,) if rng.random() < 0.6 else (),
                city=f"Город{rng.randint(1, 60)}" if rng.random() < 0.5 else "",
            )
        )
    return people, truth


def _again(rng: random.Random, one: Person, key: str) -> Person:
    """Return the same person as another source knows him: something is lost, something mistyped."""
    first, last = one.first_name, one.last_name
    if rng.random() < 0.1:
        first, last = last, first
    if rng.random() < 0.2:
        cut = rng.randrange(1, len(last))
        last = last[:cut] + last[cut + 1 :]
    return Person(
        key=key,
        first_name=first,
        last_name=last,
        birth_date=one.birth_date if rng.random() < 0.8 else "",
        emails=one.emails
        if rng.random() < 0.3
        else (f"other{rng.randint(0, 10**9)}@mail.example",),
        phones=one.phones if rng.random() < 0.6 else (),
        city=one.city,
    )
