"""The shelf of the form designer: each kind of question with its picture, its name and one line on what it is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from portal.forms import kinds
from portal.web.language import Lazy, lazy

NUMBERS, WORDS, CHOOSING = lazy("Numbers"), lazy("Words and days"), lazy("Choosing from a list")
ENCLOSED, WIDER = lazy("Files"), lazy("Tables and sums")


@dataclass(frozen=True)
class Offer:
    """One kind on the shelf; `begins` is what a new question of it starts with."""

    kind: str
    group: Lazy
    name: Lazy
    told: Lazy
    drawing: str
    begins: dict[str, Any] = field(default_factory=dict)


SHELF = (
    Offer("whole", NUMBERS, lazy("Whole number"), lazy("Counted things: people, places, times"),
          "M6 2.5 4.5 13.5M11.5 2.5 10 13.5M3 6h10.5M2.5 10H13"),
    Offer("number", NUMBERS, lazy("Number with decimals"), lazy("Measured things: tonnes, rai, kilograms"),
          "M2.5 4.5 4.5 3v10M7 12.8h.01M9.5 4.5a2 2 0 1 1 3.6 1.6L9.5 13h4.5"),
    Offer("money", NUMBERS, lazy("Amount of money"), lazy("Baht and satang, or million baht"),
          "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM9.8 6.2c-.3-.8-1-1.2-1.9-1.2-1 0-1.8.6-1.8 1.5 0 2 3.9 1 "
          "3.9 3 0 .9-.9 1.5-2 1.5s-1.8-.5-2-1.3M8 4v8"),
    Offer("percent", NUMBERS, lazy("Share in percent"), lazy("A share of a hundred; never summed"),
          "M12.5 3.5l-9 9M5 6.5a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z"
          "M11 12.9a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z"),
    Offer("text", WORDS, lazy("Short text"), lazy("One line: a name, a place"), "M3 4h10M8 4v9"),
    Offer("long_text", WORDS, lazy("Long text"), lazy("Several lines: problems, remedies"),
          "M2.5 4h11M2.5 7h11M2.5 10h11M2.5 13h6"),
    Offer("date", WORDS, lazy("Date"), lazy("A day, in the Buddhist Era"),
          "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.5v3M10.5 2.5v3"),
    Offer("yes_no", CHOOSING, lazy("Yes or no"), lazy("One question with two answers"),
          "M2.5 4.5h11v7h-11zM8 4.5v7M4 8l1 1 1.5-2M10 7l2 2M12 7l-2 2"),
    Offer("choice", CHOOSING, lazy("One of a list"), lazy("Exactly one of the choices you write down"),
          "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z", {"choices": []}),
    Offer("choices", CHOOSING, lazy("Several of a list"), lazy("As many of the choices as apply"),
          "M2.5 2.5h5v5h-5zM4 5l1 1 1.7-2.2M2.5 10h4v4h-4zM9.5 5h4.5M9.5 12H14", {"choices": []}),
    Offer("cooperative", CHOOSING, lazy("Cooperative or group"), lazy("Looked up in the registry of the office"),
          "M6 7.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM2 13c0-2.2 1.8-3.5 4-3.5s4 1.3 4 3.5"
          "M10.5 3.3a2.2 2.2 0 0 1 0 4M11.5 9.7c1.5.4 2.5 1.6 2.5 3.3"),
    Offer("file", ENCLOSED, lazy("File"), lazy("Documents sent along: PDF, Word, Excel"),
          "M4 2.5h5l3 3v8H4zM9 2.5v3h3"),
    Offer("photo", ENCLOSED, lazy("Photograph"), lazy("Pictures of the work, printed with the report"),
          "M2.5 4.5h3l1-1.5h3l1 1.5h3v8.5h-11zM8 11a2.4 2.4 0 1 0 0-4.8A2.4 2.4 0 0 0 8 11z"),
    Offer("table", WIDER, lazy("Table"), lazy("Rows by columns, with totals below"),
          "M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.2 3.5v9", {"columns": [], "rows": [], "totals": []}),
    Offer("computed", WIDER, lazy("Computed"), lazy("Worked out from other answers; nobody types it"),
          "M4 2.5h8v11H4zM6 5h4M6 8h.01M8 8h.01M10 8h.01M6 10.5h.01M8 10.5h.01M10 10.5h.01", {"formula": ""}),
    Offer("note", WIDER, lazy("Explanation"), lazy("Words for the reader; no answer"),
          "M2.5 3.5h11v7.5H8l-3 2.5V11H2.5z"),
)  # fmt: skip
GRAB = "M6 3.5h.01M6 8h.01M6 12.5h.01M10 3.5h.01M10 8h.01M10 12.5h.01"


def groups() -> list[tuple[Lazy, list[Offer]]]:
    """Return the shelf by group, in the order of the shelf."""
    seen: dict[str, tuple[Lazy, list[Offer]]] = {}
    for offer in SHELF:
        seen.setdefault(offer.group.msgid, (offer.group, []))[1].append(offer)
    return list(seen.values())


def described() -> dict[str, dict[str, Any]]:
    """Return the kinds by name as the designer's script needs them: the name, and which properties mean something."""
    told = {}
    for offer in SHELF:
        kind = kinds.BY_NAME[offer.kind]
        fits = [*kind.asks_for, *(("required",) if kind.typed else ())]
        told[offer.kind] = {"name": str(offer.name), "fits": fits, "column": kind.in_tables, "begins": offer.begins}
    return told


def name_of(kind: str) -> str:
    """Return the name of a kind in the reader's language; the word itself for one that nobody knows."""
    return next((str(offer.name) for offer in SHELF if offer.kind == kind), kind)
