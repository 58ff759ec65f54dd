"""How the state's finance files write amounts, months, codes and days.

Sources: shared domain.md sections 4.1, 5.1, 5.3 and 5.4.
Amounts are whole satang. A month is written there with the *fiscal* year: "พ.ย. 2565" is November 2564.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from decimal import Decimal

from portal.errors import RuleBroken
from portal.rules.inputs import MONTHS_LONG, MONTHS_SHORT, THAI_DIGITS, parse_date, parse_text

BAHT = 100
MILLION_BAHT = 100_000_000
"""Satang in one unit of a file's amounts."""

NOT_ASSIGNED = "#"
CODE_LENGTH = 20
ZEROS = frozenset({"", "-", "–", "—", "−"})

_PLAIN = re.compile(r"\d+(\.\d+)?|\.\d+", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
EXACT_DIGITS = 15  # of a number, as spreadsheets keep them
_SCIENTIFIC = re.compile(r"\d+(\.\d+)?[eE]\+?\d+", re.ASCII)
_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(
    r"\d{1,2}\s*/\s*\d{1,2}\s*/\s*\d{4}|\d{1,2}\s+[ก-ฮเ][ก-๙.]+\s*(?:พ\.?ศ\.?\s*)?\d{2,4}|\d{4}-\d{1,2}-\d{1,2}"
)
_YEAR = re.compile(r"ปีงบประมาณ\s*(?:พ\.?\s*ศ\.?)?\s*(\d{4})")
_NOISE = re.compile(r"\((?:หน่วย:?)?(?:ล้าน)?บาท\)|[\s.:*_]+")


def amount(text: str, unit: int = BAHT) -> int:
    """Return an amount as satang; `unit` says how many satang one unit of the file is.

    Thousands commas, Thai digits, blanks, "-" for zero, and the three ways to write a negative amount (`-1`, `1-`,
    `(1)`) are understood. Raises RuleBroken for anything else, and for parts of a satang.
    """
    tidy = text.translate(THAI_DIGITS).replace("\u00a0", " ").strip()
    if tidy in ZEROS:
        return 0
    bare, is_negative = _unsigned(tidy)
    if not (_PLAIN.fullmatch(bare) or _GROUPED.fullmatch(bare)):
        raise RuleBroken("“{text}” is not an amount.", text=text.strip()[:60])
    satang = Decimal(bare.replace(",", "")) * unit
    if satang != satang.to_integral_value():
        raise RuleBroken("“{text}” has parts of a satang.", text=text.strip()[:60])
    if satang >= 10**16:
        raise RuleBroken("“{text}” is too large a number.", text=text.strip()[:60])
    return -int(satang) if is_negative else int(satang)


def stored_amount(text: str, unit: int = BAHT) -> int:
    """Return an amount that a spreadsheet holds as a number. What its binary fraction adds or lacks is rounded off.

    Raises RuleBroken where more than that would be lost.
    """
    try:
        satang = Decimal(text) * unit
    except ArithmeticError:
        raise RuleBroken("“{text}” is not an amount.", text=text[:60]) from None
    if not satang.is_finite() or abs(satang) >= 10**16:
        raise RuleBroken("“{text}” is too large a number.", text=text[:60])
    whole = satang.to_integral_value()
    if abs(satang - whole) > max(Decimal("0.0001"), abs(satang) * Decimal("1e-14")):
        raise RuleBroken("“{text}” has parts of a satang.", text=text[:60])
    return int(whole)


def _unsigned(text: str) -> tuple[str, bool]:
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    for sign in "-−–":
        if text.startswith(sign):
            return text[1:].strip(), True
        if text.endswith(sign):
            return text[:-1].strip(), True
    return text, False


@functools.lru_cache(4096)
def month(text: str) -> tuple[int, int]:
    """Return (fiscal year, fiscal month) of a month as an extract writes it: "พ.ย. 2565" is (2565, 2).

    Raises RuleBroken for anything that is not a month with a Buddhist year of four digits.
    """
    tidy = parse_text(text).translate(THAI_DIGITS)
    found = re.fullmatch(r"(.+?)[\s/-]*(\d{4})", tidy)
    number = _calendar_month(found[1]) if found else None
    if found is None or number is None or not 2400 <= int(found[2]) <= 2700:
        raise RuleBroken("“{text}” is not a month with its fiscal year, such as พ.ย. 2565.", text=text.strip()[:60])
    return int(found[2]), (number - 10) % 12 + 1


def _calendar_month(word: str) -> int | None:
    tidy = word.replace(".", "").replace(" ", "").strip("/-").lower()
    if tidy.isascii() and tidy.isdigit():
        return int(tidy) if 1 <= int(tidy) <= 12 else None
    for names in (MONTHS_SHORT, MONTHS_LONG):
        for number, name in enumerate(names, 1):
            if tidy == name.replace(".", ""):
                return number
    return _ENGLISH.index(tidy[:3]) + 1 if tidy[:3] in _ENGLISH else None


def budget_code(text: str, *, is_number: bool = False) -> str:
    """Return a budget code of 20 digits, or refuse it.

    A cell that arrives as a number has lost digits already: a spreadsheet keeps 15 of them and shows 2.10E+19.
    """
    tidy = text.translate(THAI_DIGITS).strip()
    if is_number or _SCIENTIFIC.fullmatch(tidy):
        raise RuleBroken(
            "The budget code arrived as the number {text}: its last digits are lost. Format the column as text and "
            "export the file again.",
            text=tidy[:40],
        )
    tidy = re.sub(r"[\s-]", "", tidy)
    if not re.fullmatch(r"\d{20}", tidy, re.ASCII):
        raise RuleBroken(
            "“{text}” is not a budget code: it has 20 digits, no more and no fewer.", text=text.strip()[:60]
        )
    return tidy


def check_words(text: str, *, is_number: bool = False) -> None:
    """Refuse a name or short code that a spreadsheet made a long number of: 2.10E+19, or more digits than it keeps."""
    tidy = text.translate(THAI_DIGITS).strip()
    if _SCIENTIFIC.fullmatch(tidy) or (is_number and len(re.sub(r"\D", "", tidy)) > EXACT_DIGITS):
        raise RuleBroken(
            "“{text}” was a code or a name before a spreadsheet made a number of it. Format the column as text and "
            "export the file again.",
            text=tidy[:40],
        )


def looks_like_code(text: str) -> bool:
    """Return whether a cell is meant as a budget code: many digits and nothing else, or a number that once was one."""
    tidy = re.sub(r"[\s-]", "", text.translate(THAI_DIGITS))
    return bool(re.fullmatch(r"\d{12,}", tidy, re.ASCII) or (_SCIENTIFIC.fullmatch(tidy) and Decimal(tidy) >= 10**12))


def category_of(code: str) -> str:
    """Return the three digits of a budget code that say its category."""
    return code[13:16]


def output_of(code: str) -> str:
    """Return the part of a budget code that says agency, plan and output or project."""
    return code[:11]


@functools.lru_cache(16384)
def tidy(text: str) -> str:
    """Return a text of a file as it is kept; the same few texts stand in most of its rows."""
    return parse_text(text)


@functools.lru_cache(16384)
def plain(text: str) -> str:
    """Return a heading as it is compared: split marks mended, no blanks, dots or units of money, small letters."""
    return _NOISE.sub("", parse_text(text)).lower()


def day_in(text: str) -> dt.date | None:
    """Return the day that a title names, as in "ข้อมูล ณ วันที่ 31 พฤษภาคม 2566", or None."""
    found = _DAY.search(parse_text(text).translate(THAI_DIGITS))
    if not found:
        return None
    try:
        return parse_date(found[0])
    except RuleBroken:
        return None


def year_in(text: str) -> int | None:
    """Return the fiscal year that a title names, as in "ปีงบประมาณ พ.ศ. 2566", or None."""
    found = _YEAR.search(parse_text(text).translate(THAI_DIGITS))
    return int(found[1]) if found else None
