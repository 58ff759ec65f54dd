"""The conditions and calculations of an XLSForm, which are XPath, said in the portal's own expression language.

What has no like here is refused with its name, so that it can be listed; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from portal.errors import RuleBroken

_TOKEN = re.compile(
    r"\s*(?:(?P<ref>\$\{\s*[^}\s]+\s*\})|(?P<text>\"[^\"]*\"|'[^']*')|(?P<number>\d+(?:\.\d+)?|\.\d+)"
    r"|(?P<sign><=|>=|!=|[=<>+*(),/-])|(?P<dot>\.(?![.\w]))|(?P<word>[A-Za-z_][\w.:-]*))"
)
LONGEST = 2_000
_JOINED = {"and": "and", "or": "or", "div": "/", "mod": "%"}
_PLAIN = {
    "sum": "sum", "round": "round", "coalesce": "if_blank", "string-length": "length", "count-selected": "length",
    "min": "least", "max": "greatest", "abs": "abs", "number": "", "int": "", "once": "", "count-non-empty": "count",
    "boolean": "", "string": "",
}  # fmt: skip


@dataclass(frozen=True)
class Names:
    """What an expression may speak of: our keys by the form's names, which are one of a list, codes by old codes.

    `here` is the key of the question that a `.` means. `is_inside` names the table in whose rows the expression stands.
    """

    keys: Mapping[str, str]
    ones: frozenset[str] = frozenset()
    codes: Mapping[str, str] = field(default_factory=dict)
    here: str = ""
    is_inside: str = ""


def translated(text: str, names: Names) -> str:
    """Return an XPath expression in our language. Raises RuleBroken naming the first thing that has no like here."""
    if len(text) > LONGEST:
        raise RuleBroken("This expression is longer than {longest} characters.", longest=LONGEST)
    return _Reader(_tokens(text), names).whole()


def _tokens(text: str) -> list[tuple[str, str]]:
    out = []
    place = 0
    text = text.strip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise RuleBroken("“{text}” has no like here.", text=text[place : place + 30].strip())
        out.append((found.lastgroup, found.group(found.lastgroup)))
        place = found.end()
        if len(out) > 300:
            raise RuleBroken("The expression is too involved. Split it into computed questions.")
    return out


class _Reader:
    """A descent through the tokens, from the loosest binding to the tightest."""

    def __init__(self, tokens: list[tuple[str, str]], names: Names) -> None:
        self.tokens, self.names, self.place, self.depth = tokens, names, 0, 0

    def whole(self) -> str:
        if not self.tokens:
            raise RuleBroken("The expression is empty.")
        out = self._either()
        if self.place < len(self.tokens):
            raise self._odd()
        return out

    def _look(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._look()
        self.place += 1
        return token

    def _odd(self) -> RuleBroken:
        return RuleBroken("“{text}” has no like here.", text=self._look()[1] or "…")

    def _either(self) -> str:
        self.depth += 1
        if self.depth > 30:
            raise RuleBroken("The expression is too involved. Split it into computed questions.")
        out = self._chain(("or",), self._both)
        self.depth -= 1
        return out

    def _both(self) -> str:
        return self._chain(("and",), self._compared)

    def _chain(self, words: tuple[str, ...], below: Callable[[], str]) -> str:
        out = below()
        while self._look()[1] in words and self._look()[0] in ("word", "sign"):
            sign = self._take()[1]
            out = f"{out} {_JOINED.get(sign, sign)} {below()}"
        return out

    def _compared(self) -> str:
        left = self._added()
        while self._look() in (("sign", s) for s in ("=", "!=", "<", "<=", ">", ">=")):
            sign = self._take()[1]
            left = self._comparison(left, sign, self._added())
        return left

    def _comparison(self, left: str, sign: str, right: str) -> str:
        for one, other in ((left, right), (right, left)):
            if other == '""' and sign in ("=", "!="):  # compared with nothing: was it answered?
                return f"answered({one})" if sign == "!=" else f"not answered({one})"
            if one in self.names.ones and other[:1] == '"':
                old = other.strip('"')
                left, right = one, f'"{self.names.codes.get(old, old)}"'
        return f"{left} {sign} {right}"

    def _added(self) -> str:
        return self._chain(("+", "-"), self._multiplied)

    def _multiplied(self) -> str:
        return self._chain(("*", "div", "mod"), self._signed)

    def _signed(self) -> str:
        if self._look() == ("sign", "-"):
            self._take()
            return f"-{self._signed()}"
        return self._single()

    def _single(self) -> str:
        kind, text = self._take()
        if kind == "number":
            return text if text[0] != "." else f"0{text}"
        if kind == "text":
            return f'"{text[1:-1]}"' if '"' not in text[1:-1] else text
        if kind == "ref":
            return self._named(text[2:-1].strip())
        if kind == "dot" and self.names.here:
            return self.names.here
        if (kind, text) == ("sign", "("):
            inner = self._either()
            self._close()
            return f"({inner})"
        if kind == "word" and self._look() == ("sign", "("):
            return self._called(text)
        self.place -= 1
        raise self._odd()

    def _named(self, name: str) -> str:
        key = self.names.keys.get(name)
        if key is None:
            raise RuleBroken("There is no question “{key}” in this form.", key=name[:60])
        table, _, column = key.partition(".")
        return column if column and table == self.names.is_inside else key

    def _close(self) -> None:
        if self._take() != ("sign", ")"):
            self.place -= 1
            raise self._odd()

    def _called(self, name: str) -> str:
        self._take()
        arguments: list[str] = []
        while self._look() != ("sign", ")"):
            arguments.append(self._either())
            if self._look() == ("sign", ","):
                self._take()
            elif self._look() != ("sign", ")"):
                raise self._odd()
        self._take()
        if name in ("true", "false") and not arguments:
            return name
        if name == "not" and len(arguments) == 1:
            return f"(not ({arguments[0]}))"
        if name == "if" and len(arguments) == 3:
            return f"({arguments[1]} if {arguments[0]} else {arguments[2]})"
        if name == "selected" and len(arguments) == 2 and arguments[1][:1] == '"':
            return self._selected(*arguments)
        if name in _PLAIN and arguments:
            inner = ", ".join(arguments)
            return f"{_PLAIN[name]}({inner})"
        raise RuleBroken("“{text}” has no like here.", text=f"{name}()")

    def _selected(self, question: str, code: str) -> str:
        old = code.strip('"')
        new = f'"{self.names.codes.get(old, old)}"'
        return f"{question} = {new}" if question in self.names.ones else f"{new} in {question}"
