"""The `$filter` of OData read into a group of tests: comparisons, `in`, two functions, `and`, `or`, brackets."""

from __future__ import annotations

import re
from typing import Any

from portal.errors import RuleBroken

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<sign>[(),])|(?P<word>[A-Za-z_][\w/]*)|(?P<value>[-+\d][\w.:+-]*))", re.ASCII
)
_COMPARED = {"eq": "eq", "ne": "ne", "gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}
_CALLED = {"contains": "contains", "startswith": "starts"}
LONGEST = 8_000
DEEPEST = 20  # brackets within brackets


def group(text: str) -> dict[str, Any]:
    """Return the filter as a group of `where`: {"and": [{"name__test": value}, …]}. Raises RuleBroken."""
    tokens = _Tokens(text)
    found = _any_of(tokens)
    if tokens.left:
        raise _not_read(tokens.left[0])
    return found


class _Tokens:
    def __init__(self, text: str) -> None:
        self.left: list[str] = []
        self.depth = 0
        place = 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None or len(text) > LONGEST:
                raise _not_read(text[place:])
            self.left.append(match.group().strip())
            place = match.end()

    def take(self, *expected: str) -> str:
        if not self.left or (expected and self.left[0] not in expected):
            raise _not_read(self.left[0] if self.left else "")
        return self.left.pop(0)

    def next_is(self, word: str) -> bool:
        return bool(self.left) and self.left[0] == word


def _any_of(tokens: _Tokens) -> dict[str, Any]:
    parts = [_all_of(tokens)]
    while tokens.next_is("or"):
        tokens.take()
        parts.append(_all_of(tokens))
    return parts[0] if len(parts) == 1 else {"or": parts}


def _all_of(tokens: _Tokens) -> dict[str, Any]:
    parts = [_one(tokens)]
    while tokens.next_is("and"):
        tokens.take()
        parts.append(_one(tokens))
    return parts[0] if len(parts) == 1 else {"and": parts}


def _one(tokens: _Tokens) -> dict[str, Any]:
    word = tokens.take()
    if word == "(":
        tokens.depth += 1
        if tokens.depth > DEEPEST:
            raise _not_read(word)
        inner = _any_of(tokens)
        tokens.take(")")
        tokens.depth -= 1
        return inner
    if word in _CALLED and tokens.next_is("("):
        tokens.take("(")
        name = tokens.take()
        tokens.take(",")
        value = _value(tokens.take())
        tokens.take(")")
        return {f"{_name(name)}__{_CALLED[word]}": value}
    name, test = _name(word), tokens.take("in", *_COMPARED)
    if test == "in":
        tokens.take("(")
        held = [_value(tokens.take())]
        while tokens.next_is(","):
            tokens.take()
            held.append(_value(tokens.take()))
        tokens.take(")")
        return {f"{name}__in": held}
    value = _value(tokens.take())
    if value is None:
        if test not in ("eq", "ne"):
            raise _not_read("null")
        return {f"{name}__isnull": test == "eq"}
    return {f"{name}__{_COMPARED[test]}": value}


def _name(word: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*(?:/[A-Za-z_]\w*)*", word, re.ASCII):
        raise _not_read(word)
    return word.replace("/", "__")


def _value(word: str) -> Any:
    if word.startswith("'"):
        return word[1:-1].replace("''", "'")
    if word in ("true", "false"):
        return word == "true"
    if word == "null":
        return None
    if word in ("(", ")", ",") or not re.match(r"[-+\d]", word):
        raise _not_read(word)
    return word  # a number, a day or a moment: the property says which


def _not_read(at: str) -> RuleBroken:
    return RuleBroken(
        "The filter cannot be read at “{text}”. There are: eq ne gt ge lt le in and or contains startswith.",
        field="$filter", text=at[:30],
    )  # fmt: skip
