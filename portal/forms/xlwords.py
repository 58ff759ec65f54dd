"""The words of an XLSForm: its types of question and how they are written, and names that we may keep."""

from __future__ import annotations

import re
from typing import Any

from pyxform import aliases

from portal.forms.faults import RESERVED
from portal.forms.questions import CODE, KEY

TYPES = {
    "integer": "whole", "int": "whole", "decimal": "number", "text": "text", "string": "text", "note": "note",
    "date": "date", "calculate": "computed", "image": "photo", "photo": "photo", "file": "file", "range": "number",
    "acknowledge": "yes_no", "trigger": "yes_no", "add integer prompt": "whole", "add decimal prompt": "number",
    "add text prompt": "text", "add note prompt": "note", "add date prompt": "date", "add image prompt": "photo",
    "add photo prompt": "photo", "add file prompt": "file", "q integer": "whole", "q decimal": "number",
    "q string": "text", "q date": "date", "q image": "photo", "add acknowledge prompt": "yes_no",
}  # fmt: skip


def begins(kind: str) -> tuple[bool, str]:
    found = re.fullmatch(r"begin[\s_](?:a\s)?(looped group|lgroup|group|repeat|loop)(\s.*)?", kind.strip().lower())
    if found is None:
        return False, ""
    return True, {"looped group": "repeat", "lgroup": "repeat"}.get(found.group(1), found.group(1))


def ends(kind: str) -> bool:
    return re.fullmatch(r"end[\s_](looped group|lgroup|group|repeat|loop)", kind.strip().lower()) is not None


def select(kind: str) -> tuple[str, str, bool] | None:
    """Return (our kind, name of the list, whether “other” may be typed) for the ways to write a selection."""
    text = " ".join(kind.split())
    for word in sorted(aliases.select, key=len, reverse=True):
        if text.lower().startswith(f"{word} "):
            rest = text[len(word) :].strip()
            other = re.search(r"\s(or specify other|or_other|or other)$", rest)
            listed = rest[: other.start()].strip() if other else rest
            several = "all" in word or "multiple" in word
            if word == "rank" or "file" in word or "external" in word:
                return None
            return ("choices" if several else "choice"), listed, other is not None
    return None


def plain_limits(text: str) -> dict[str, Any] | None:
    """Return least and greatest where the constraint says no more than that."""
    out: dict[str, Any] = {}
    for part in re.split(r"\s+and\s+", text.strip().strip("()")):
        found = re.fullmatch(r"\(?\s*\.\s*(>=|<=)\s*(-?\d+(?:\.\d{1,4})?)\s*\)?", part)
        if found is None:
            return None
        name = "least" if found.group(1) == ">=" else "greatest"
        if name in out:
            return None
        out[name] = found.group(2)
    return out


def key_for(name: str, used: set[str], longest: int = 40) -> str:
    """Return a key of ours like a name of theirs, not used yet."""
    key = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")
    key = key if key[:1].isalpha() and key.isascii() else f"q_{key}".strip("_")
    key = key[:longest]
    if key in RESERVED:
        key = f"{key[: longest - 2]}_q"
    out, n = key, 2
    while out in used or not KEY.fullmatch(out):
        out = f"{key[: longest - len(str(n)) - 1]}_{n}"
        n += 1
    used.add(out)
    return out


def code_for(old: str, used: set[str]) -> str:
    code = old if CODE.fullmatch(old) else re.sub(r"[^A-Za-z0-9_.-]+", "_", old).strip("_.-")[:36] or "c"
    out, n = code, 2
    while out in used and out != old:
        out = f"{code}_{n}"
        n += 1
    used.add(out)
    return out


def tidy(text: str) -> str:
    return " ".join(re.sub(r"[<>]", " ", re.sub(r"\$\{[^}]*\}", "…", text)).split())
