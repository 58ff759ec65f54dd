"""The one language of formulas, conditions and rules: what it allows, and what an expression is worth.

It is written as one writes it in a spreadsheet or in Python: `done <= plan(done)`, `100 * sold / collected`,
`"rice" in crops and area > 0`, `sum(produce.tons)`. A name is a question's key, `table.column` all values of a column;
inside a row of a table a column's key alone is that row's value. What is blank (not reported, not applicable, hidden)
makes what is worked out of it blank: nothing is ever taken for 0. `and`, `or` and `not` follow from that.

The library (simpleeval) walks a tree of which this file has already admitted every node: no attribute, no index, no
call but of the functions below, no power, no loop. Numbers are exact Decimals of 34 digits. An expression is at most
1,000 characters, 40 levels and 400 parts, so that it takes a bounded time whatever it says.
"""

from __future__ import annotations

import ast
import decimal
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from simpleeval import InvalidExpression, SimpleEval

from portal.errors import RuleBroken
from portal.forms.arithmetic import ARGUMENTS, FUNCTIONS, OPERATORS, Worth, sound, truth
from portal.forms.questions import KEY
from portal.forms.values import EMPTY, Context
from portal.rules.inputs import THAI_DIGITS

LONGEST = 1_000
DEEPEST = 40
MOST_PARTS = 400
PRECISION = 34
_NUMBERS = decimal.Context(prec=PRECISION, rounding=decimal.ROUND_HALF_UP, Emax=60, Emin=-60)
REMEMBERED = ("last_month", "cumulative", "plan")  # functions of a key, not of its value
NAMES = ", ".join([*FUNCTIONS, *REMEMBERED, "applies", "cell"])

_NODES = (
    ast.BoolOp, ast.And, ast.Or, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.UnaryOp, ast.USub,
    ast.UAdd, ast.Not, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.IfExp,
    ast.Call, ast.Constant, ast.Name, ast.Attribute, ast.Load, ast.Tuple, ast.List,
)  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """An expression that may be evaluated. `names` are the keys whose values it needs, `remembered` those of which it
    asks last month's value, the plan or the total to date, `cells` the fixed rows it points to: (table.column, row).
    """

    text: str
    tree: ast.expr
    names: tuple[str, ...]
    remembered: tuple[str, ...]
    cells: tuple[tuple[str, str], ...]


class Look(Protocol):
    """Where an expression finds answers."""

    def value(self, key: str) -> Worth:
        """Return the value under a key, a list for a column of a table, None where it is blank."""

    def applies(self, key: str) -> bool:
        """Return False where somebody said that the question does not apply."""

    def cell(self, key: str, row: str) -> Worth:
        """Return the value of a column in the fixed row of that key."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Return an expression ready to be evaluated. Raises RuleBroken, in words for whoever writes it."""
    if len(text) > LONGEST:
        raise RuleBroken("This expression is longer than {longest} characters.", longest=LONGEST)
    plain = _as_python(text)
    if not plain.strip():
        raise RuleBroken("The expression is empty.")
    for digits in re.findall(r"\d[\d_.]*", re.sub(r"\"[^\"]*\"|'[^']*'", "", plain)):
        if len(digits.replace("_", "").replace(".", "")) > 15:
            raise RuleBroken("“{text}” is too large a number.", text=digits[:40])
    try:
        tree = ast.parse(plain.strip(), mode="eval").body
    except SyntaxError as error:
        near = plain[max(0, (error.offset or 1) - 1) :][:20].strip()
        if near:
            raise RuleBroken("The expression cannot be read from “{near}” on.", near=near)
        raise RuleBroken("The expression ends too early.")
    except (ValueError, MemoryError, RecursionError):
        raise RuleBroken("The expression cannot be read: it is nested too deeply or holds what is no text.")
    return _admitted(text, tree)


def evaluate(expression: Expression, look: Look, context: Context = EMPTY, *, both: bool = False) -> Worth:
    """Return what an expression is worth: a value, or None where it is blank. `look` finds the answers.

    Raises RuleBroken where kinds do not go together, such as a text plus a number. `both` walks both branches of a
    choice, so that a trial finds every such place.
    """
    machine = _Machine(look, context, both)
    try:
        with decimal.localcontext(_NUMBERS):
            return sound(machine.eval(expression.text, previously_parsed=expression.tree))
    except (decimal.DecimalException, OverflowError):
        raise RuleBroken("The result is too large a number.")
    except RecursionError:
        raise RuleBroken("The expression cannot be read: it is nested too deeply or holds what is no text.")
    except InvalidExpression as error:  # pragma: no cover - `parse` admits nothing that the library refuses
        raise RuleBroken("The expression cannot be read from “{near}” on.", near=str(error)[:60])


def is_true(worth: Worth) -> bool | None:
    """Return whether a condition holds; None where that cannot be said."""
    return worth if isinstance(worth, bool) else None


# ---------------------------------------------------------------- reading


_PIECES = re.compile(r"(\"[^\"]*\"|'[^']*'|“[^”]*”)")
_SIGNS = (
    ("≤", "<="), ("≥", ">="), ("≠", "!="), ("<>", "!="), ("×", "*"), ("÷", "/"), ("−", "-"), ("&&", " and "),
    ("||", " or "), ("\n", " "), ("\r", " "), ("\t", " "),
)  # fmt: skip
_WORDS = {"AND": "and", "OR": "or", "NOT": "not", "IF": "if", "ELSE": "else", "IN": "in"}
_NAMED = {"true": True, "false": False, "yes": True, "no": False, "blank": None}


def _as_python(text: str) -> str:
    """Return the text with the signs of spreadsheets and of Thai keyboards as Python writes them; texts untouched."""
    out = []
    for piece in _PIECES.split(text):
        if piece[:1] in ('"', "'") and len(piece) > 1:
            out.append(piece)
        elif piece[:1] == "“":
            out.append('"' + piece[1:-1].replace('"', "") + '"')
        else:
            piece = piece.translate(THAI_DIGITS)
            for sign, python in _SIGNS:
                piece = piece.replace(sign, python)
            piece = re.sub(r"(?<![<>=!])=(?!=)", "==", piece)
            out.append(re.sub(r"\b(AND|OR|NOT|IF|ELSE|IN)\b", lambda m: _WORDS[m.group()], piece))
    return "".join(out)


def _admitted(text: str, tree: ast.expr) -> Expression:
    names: dict[str, None] = {}
    remembered: dict[str, None] = {}
    cells: dict[tuple[str, str], None] = {}
    parts = 0
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        parts += 1
        if parts > MOST_PARTS or depth > DEEPEST:
            raise RuleBroken("The expression is too involved. Split it into computed questions.")
        if not isinstance(node, _NODES):
            raise RuleBroken("“{text}” is not allowed in an expression.", text=_source(node))
        below: Iterable[ast.AST] = ast.iter_child_nodes(node)
        if isinstance(node, ast.Constant):
            _check_constant(node)
        elif isinstance(node, (ast.Tuple, ast.List)) and len(node.elts) > 50:
            raise RuleBroken("The expression is too involved. Split it into computed questions.")
        elif isinstance(node, ast.Call):
            below = _check_call(node, remembered, names, cells)
        elif isinstance(node, ast.Attribute):
            names[_key(node)] = None
            below = ()
        elif isinstance(node, ast.Name) and node.id.lower() not in _NAMED:
            names[_key(node)] = None
        waiting += [(child, depth + 1) for child in reversed(list(below))]
    return Expression(text, tree, tuple(names), tuple(remembered), tuple(cells))


def _check_call(
    node: ast.Call, remembered: dict[str, None], names: dict[str, None], cells: dict[tuple[str, str], None]
) -> Iterable[ast.AST]:
    """Admit a call of one of our functions; return the arguments that are still to be looked at."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if node.keywords or name not in (*FUNCTIONS, *REMEMBERED, "applies", "cell"):
        raise RuleBroken("There is no function “{text}”. There are: {names}", text=_source(node.func), names=NAMES)
    least, most = ARGUMENTS.get(name, (1, 1))
    if not least <= len(node.args) <= most:
        raise RuleBroken("“{text}” takes another number of values.", text=name)
    if name in REMEMBERED:
        remembered[_key(node.args[0])] = None
        return ()
    if name == "applies":
        names[_key(node.args[0])] = None
        return ()
    if name == "cell":
        row = node.args[1]
        if not (isinstance(row, ast.Constant) and isinstance(row.value, str)):
            raise RuleBroken("The second value of “cell” is the key of a row, in quotes.")
        names[_key(node.args[0])] = None
        cells[_key(node.args[0]), row.value] = None
        return ()
    return node.args


def _check_constant(node: ast.Constant) -> None:
    value = node.value
    if value is None or isinstance(value, (bool, str)):
        return
    if not isinstance(value, (int, float)) or not abs(value) < 10**15:
        raise RuleBroken("“{text}” is not allowed in an expression.", text=_source(node))


def _key(node: ast.AST) -> str:
    key = ""
    if isinstance(node, ast.Name):
        key = node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        key = f"{node.value.id}.{node.attr}"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        key = node.value
    if all(KEY.fullmatch(part) for part in key.split(".", 1)):
        return key
    raise RuleBroken("“{text}” should be the key of a question.", text=_source(node))


def _source(node: ast.AST) -> str:
    try:
        return ast.unparse(node)[:40]
    except (RecursionError, ValueError):
        return type(node).__name__


# ---------------------------------------------------------------- working out


class _Machine(SimpleEval):
    """The library's walk over a tree, with blanks, exact numbers and our own names."""

    def __init__(self, look: Look, context: Context, both: bool) -> None:
        super().__init__(operators=OPERATORS, functions=FUNCTIONS, names={})
        self.look, self.context, self.both = look, context, both
        self.nodes = {
            ast.UnaryOp: self._eval_unaryop, ast.BinOp: self._eval_binop, ast.Compare: self._eval_compare,
            ast.BoolOp: self._eval_boolop, ast.IfExp: self._eval_ifexp, ast.Call: self._eval_call,
            ast.Name: self._eval_name, ast.Attribute: self._eval_attribute, ast.Constant: self._eval_constant,
            ast.Tuple: self._eval_list, ast.List: self._eval_list,
        }  # fmt: skip

    def _eval_constant(self, node: ast.Constant) -> Worth:
        value = node.value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return Decimal(repr(value))
        return value  # type: ignore[return-value]

    def _eval_name(self, node: ast.Name) -> Worth:
        word = node.id.lower()
        return _NAMED[word] if word in _NAMED else self.look.value(node.id)

    def _eval_attribute(self, node: ast.Attribute) -> Worth:
        return self.look.value(_key(node))

    def _eval_list(self, node: ast.Tuple | ast.List) -> list[Worth]:
        return [self._eval(one) for one in node.elts]

    def _eval_boolop(self, node: ast.BoolOp) -> Worth:
        stops = isinstance(node.op, ast.Or)
        worths = [truth(self._eval(value)) for value in node.values]
        return stops if stops in worths else None if None in worths else not stops

    def _eval_compare(self, node: ast.Compare) -> Worth:
        sides = [self._eval(one) for one in (node.left, *node.comparators)]
        found = [OPERATORS[type(op)](a, b) for op, a, b in zip(node.ops, sides[:-1], sides[1:], strict=True)]
        return False if False in found else None if None in found else True

    def _eval_ifexp(self, node: ast.IfExp) -> Worth:
        test = truth(self._eval(node.test))
        if self.both:
            branches = [self._eval(node.body), self._eval(node.orelse)]
            return branches[0] if test else branches[1]
        return None if test is None else self._eval(node.body if test else node.orelse)

    def _eval_call(self, node: ast.Call) -> Worth:
        name = node.func.id  # type: ignore[attr-defined]
        if name in REMEMBERED:
            return getattr(self.context, name).get(_key(node.args[0]))
        if name == "applies":
            return self.look.applies(_key(node.args[0]))
        if name == "cell":
            return self.look.cell(_key(node.args[0]), node.args[1].value)  # type: ignore[attr-defined]
        return FUNCTIONS[name](*[self._eval(argument) for argument in node.args])
