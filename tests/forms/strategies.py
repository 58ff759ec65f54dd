"""Random forms and answers to them, for property tests: `specs()` gives sound forms, `answers(spec)` sound answers."""

import datetime as dt
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from portal.forms import kinds
from portal.forms.kinds.table import most_rows
from portal.forms.questions import Choice, Question, Row, Rule, Section
from portal.forms.spec import FormSpec
from portal.forms.values import NOT_APPLICABLE, Cell, Context

# For a machine that does other things meanwhile: no test fails because it was slow.
CALM = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

# Thai with its marks, Latin, signs that files and formulas trip over. No controls, no surrogates.
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Cf"))
WORDS = st.text(st.one_of(st.sampled_from("กขคงจฉชิีึืุูเแโใไำ่้๊๋์ะา๑๒๓ -=+@#,;\"'<>&{}"), LETTERS), min_size=1, max_size=30)
LABELS = WORDS.map(str.strip).filter(bool)
NUMBERS = ("whole", "number", "money", "percent")
PLAIN = (*NUMBERS, "text", "long_text", "date", "yes_no", "choice", "choices", "cooperative")


@st.composite
def questions(draw, key, kind, numbers=()):
    """A question of a kind; `numbers` are keys of numbers that its formula may name."""
    values = {"key": key, "kind": kind, "label": draw(LABELS), "label_en": draw(st.one_of(st.just(""), LABELS))}
    values["help"] = draw(st.one_of(st.just(""), LABELS))
    if kind in PLAIN:
        values["required"] = draw(st.booleans())
    if kind in NUMBERS:
        if kind in ("number", "percent"):
            values["decimals"] = draw(st.sampled_from((None, 0, 1, 2)))
        values["default"] = draw(st.sampled_from(("", "last_month", "cumulative", "plan")))
        if draw(st.booleans()):
            values["least"] = Decimal(draw(st.integers(-1000, 0)))
            values["greatest"] = Decimal(draw(st.integers(1, 10**9)))
    if kind in ("choice", "choices"):
        labels = draw(st.lists(LABELS, min_size=1, max_size=6, unique_by=lambda s: s.strip().casefold()))
        values["choices"] = tuple(Choice(f"c{n}", label) for n, label in enumerate(labels))
    if kind in ("file", "photo"):
        values["accepts"] = draw(st.sampled_from(((), ("jpg",), ("png", "jpg"))))
    if kind == "computed":
        names = draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=3)) if numbers else ["1"]
        shape = draw(st.sampled_from(("sum({})", "greatest({})", "round(average({}), 1)")))
        values["formula"] = shape.format(", ".join(names))
        values["decimals"] = draw(st.integers(0, 4))
    return Question(**values)


@st.composite
def tables(draw, key):
    """A table with fixed or open rows."""
    columns, numbers = [], []
    for n in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from((*PLAIN, *(("computed",) if numbers else ()))))
        columns.append(draw(questions(f"k{n}", kind, tuple(numbers))))
        if kind in NUMBERS:
            numbers.append(f"k{n}")
    addable = [c.key for c in columns if c.kind in ("whole", "number", "money", "computed")]
    totals = tuple(draw(st.lists(st.sampled_from(addable), unique=True))) if addable else ()
    if draw(st.booleans()):
        labels = draw(st.lists(LABELS, min_size=1, max_size=5))
        rows = tuple(Row(f"r{n}", label) for n, label in enumerate(labels))
        return Question(key, "table", draw(LABELS), columns=tuple(columns), rows=rows, totals=totals)
    least = draw(st.integers(0, 2))
    return Question(
        key, "table", draw(LABELS), columns=tuple(columns), totals=totals, rows_least=least,
        rows_greatest=draw(st.integers(max(1, least), 8)),
    )  # fmt: skip


@st.composite
def specs(draw, most=8):
    """A sound form: `faults(spec.to_json())` is empty."""
    made, numbers, sections = [], [], []
    for n in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from((*PLAIN, "table", "note", "file", "photo", *(("computed",) if numbers else ()))))
        key = f"q{n}"
        question = draw(tables(key) if kind == "table" else questions(key, kind, tuple(numbers)))
        if numbers and draw(st.integers(0, 3)) == 0:
            question = _with(question, shown_when=f"{draw(st.sampled_from(numbers))} > {draw(st.integers(-5, 5))}")
        if kind in NUMBERS:
            numbers.append(key)
        made.append(question)
    cut = draw(st.integers(1, len(made)))
    for n, part in enumerate(filter(None, (made[:cut], made[cut:])), 1):
        sections.append(Section(f"s{n}", draw(LABELS), questions=tuple(part)))
    rules = []
    if numbers:
        for n in range(draw(st.integers(0, 2))):
            at, sign = draw(st.sampled_from(numbers)), draw(st.sampled_from(("<=", ">", "!=")))
            text = f"{at} {sign} {draw(st.integers(-100, 100))}"
            rules.append(Rule(f"rule{n}", text, draw(LABELS), "", draw(st.sampled_from(("block", "warn"))), at))
    return FormSpec(tuple(sections), tuple(rules))


def _with(question, **changes):
    return Question(**{**question.__dict__, **changes})


def values(question):
    """Values that this question takes, as its kind reads them."""
    kind = kinds.of(question)
    if kind.counts:
        decimals = kind.decimals(question)
        scale = 10**decimals
        low = int((question.least if question.least is not None else -(10**10)) * scale)
        high = int((question.greatest if question.greatest is not None else 10**10) * scale)
        return st.integers(low, high).map(lambda n: Decimal(n).scaleb(-decimals))
    if question.kind in ("text", "long_text"):
        typed = st.text(max_size=60) if question.kind == "long_text" else st.text(max_size=40)
        read = typed.map(lambda text: _read(kind, question, text))
        return read.filter(lambda v: v is not None and kinds.read(question, v) == v)
    codes = [c.code for c in question.choices]
    return {
        "date": st.dates(dt.date(1900, 1, 1), dt.date(2150, 12, 31)),
        "yes_no": st.booleans(),
        "choice": st.sampled_from(codes or ["x"]),
        "choices": st.sets(st.sampled_from(codes or ["x"]), min_size=1).map(
            lambda chosen: tuple(c for c in codes if c in chosen)
        ),
        "cooperative": st.from_regex(r"[0-9]{13}", fullmatch=True).filter(str.isascii),
        "file": st.just(("ก.jpg",)),
        "photo": st.just(("ก.jpg",)),
    }[question.kind]  # fmt: skip


def _read(kind, question, text):
    return kind.read(question, text)


@st.composite
def answers(draw, spec):
    """Answers to some of a form's questions, each sound by itself: {Cell: value or NOT_APPLICABLE}."""
    out = {}
    for key, question in spec.asked.items():
        if not kinds.of(question).typed:
            continue
        table = spec.table_of(key)
        for row in range(1, min(most_rows(table), 5) + 1) if table is not None else (0,):
            how = draw(st.integers(0, 9))
            if how > 2:
                out[Cell(key, row)] = draw(values(question))
            elif how == 2:
                out[Cell(key, row)] = NOT_APPLICABLE
    return out


@st.composite
def contexts(draw, spec):
    """Last month's values, plans and totals for some of a form's numbers."""

    def some():
        out = {}
        for key, question in spec.asked.items():
            if kinds.of(question).counts and draw(st.booleans()):
                out[key] = draw(values(question))
        return out

    return Context(some(), some(), some())
