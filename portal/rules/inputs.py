"""What people type, read in one way everywhere: numbers, dates, text, registration numbers.

Thai digits, Buddhist years, Thai month names and marks split by a PDF viewer are all understood.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal, InvalidOperation

from portal.errors import RuleBroken
from portal.rules.fiscal import ERA

THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
MONTHS_SHORT = (
    "ม.ค.",
    "ก.พ.",
    "มี.ค.",
    "เม.ย.",
    "พ.ค.",
    "มิ.ย.",
    "ก.ค.",
    "ส.ค.",
    "ก.ย.",
    "ต.ค.",
    "พ.ย.",
    "ธ.ค.",
)
MONTHS_LONG = (
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
)  # fmt: skip
_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_NUMBER = re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?", re.ASCII)


def parse_text(text: str, *, many_lines: bool = False) -> str:
    """Return Thai text as it should be stored: NFC, split สระอำ mended, invisible marks and stray controls gone."""
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    # A sara am that a PDF viewer took apart: nikhahit (+ tone mark) + sara aa. Tone before nikhahit occurs as well.
    text = re.sub("\u0e4d([\u0e48-\u0e4b]?)\u0e32", "\\1\u0e33", text)
    text = re.sub("([\u0e48-\u0e4b])\u0e4d\u0e32", "\\1\u0e33", text)
    text = text.replace("\u0e40\u0e40", "\u0e41")  # two sara e typed for one sara ae
    if many_lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) != "Cc")
        return "\n".join(line.rstrip() for line in kept.split("\n")).strip()
    return " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split())


def parse_number(
    text: str, *, decimals: int = 4, least: Decimal | None = None, greatest: Decimal | None = None
) -> Decimal:
    """Return the number typed. Thousands commas and Thai digits are understood; a sign is `-` or `−`.

    Raises RuleBroken for anything that is not one finite number, has more than `decimals` decimals, or lies
    outside the limits.
    """
    tidy = text.translate(THAI_DIGITS).replace("−", "-").replace("\u00a0", "").strip()
    if not _NUMBER.fullmatch(tidy):
        raise RuleBroken("“{text}” is not a number. Write digits only, for example 1,234.50", text=text)
    try:
        value = Decimal(tidy.replace(",", ""))
    except InvalidOperation as error:  # pragma: no cover - the pattern above admits none
        raise RuleBroken("“{text}” is not a number. Write digits only, for example 1,234.50", text=text) from error
    if len(tidy.partition(".")[2].rstrip("0")) > decimals:
        raise RuleBroken("“{text}” has more than {decimals} decimals.", text=text, decimals=decimals)
    if len(value.as_tuple().digits) > 15:
        raise RuleBroken("“{text}” is too large a number.", text=text)
    if least is not None and value < least:
        raise RuleBroken("“{text}” is below the least value allowed, {least}.", text=text, least=least)
    if greatest is not None and value > greatest:
        raise RuleBroken("“{text}” is above the greatest value allowed, {greatest}.", text=text, greatest=greatest)
    return value


def parse_money(text: str) -> int:
    """Return an amount typed in baht, with up to two decimals, as whole satang."""
    return int(parse_number(text, decimals=2) * 100)


def _month(word: str) -> int | None:
    tidy = word.strip().lower()
    for names in (MONTHS_SHORT, MONTHS_LONG):
        for number, name in enumerate(names, 1):
            if tidy.replace(".", "") == name.replace(".", ""):
                return number
    return _ENGLISH.index(tidy[:3]) + 1 if tidy[:3] in _ENGLISH else None


def parse_date(text: str) -> dt.date:
    """Return the day typed: `20/6/2566`, `20 มิ.ย. 66`, `๒๐ มิถุนายน ๒๕๖๖`, `2566-06-20` or `2023-06-20`.

    A four-digit year of 2400 or more is Buddhist, one of 1900 to 2200 is C.E. where the month is a number or
    English; a two-digit year is Buddhist (66 = 2566). Raises RuleBroken for anything else, 29 February of a
    common year included.
    """
    tidy = text.translate(THAI_DIGITS).strip()
    found = re.fullmatch(r"(\d{1,2})[\s/.-]+([^\d/]+?|\d{1,2})[\s/.-]*(?:พ\.?ศ\.?\s*)?(\d{4}|\d{2})", tidy, re.ASCII)
    if found:
        day, month_word, year = found.groups()
    elif found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", tidy, re.ASCII):
        year, month_word, day = found.groups()
    else:
        raise RuleBroken("“{text}” is not a date. Write it like 20/06/2566 or 20 มิ.ย. 66", text=text)
    month = int(month_word) if month_word.isdigit() else _month(month_word.rstrip(" ."))
    number = int(year) + (2500 if len(year) == 2 else 0)
    try:
        if month is None or not (2400 <= number <= 2700 or 1900 <= number <= 2200):
            raise ValueError(text)
        return dt.date(number - ERA if number >= 2400 else number, month, int(day))
    except ValueError as error:
        raise RuleBroken("“{text}” is not a date. Write it like 20/06/2566 or 20 มิ.ย. 66", text=text) from error


def check_registration_number(text: str) -> str:
    """Return a 13-digit registration number (digits only), or refuse it. Source: CPD's registry keeps 13 digits."""
    tidy = re.sub(r"[\s-]", "", text.translate(THAI_DIGITS))
    if not re.fullmatch(r"\d{13}", tidy, re.ASCII):
        raise RuleBroken("A registration number has 13 digits.", field="registration_number")
    return tidy
