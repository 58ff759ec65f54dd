"""The sentences of the form designer's script, and the functions of its expressions, in the reader's language."""

from __future__ import annotations

from portal.rules.progress import Aggregation
from portal.web.language import gettext
from portal.web.words import word


def functions() -> list[tuple[str, str]]:
    """Return how each function of an expression is written, and what it gives."""
    return [
        ("sum()", gettext("the sum; of a column too: sum(table.column)")),
        ("average()", gettext("the average")),
        ("min()", gettext("the least")),
        ("max()", gettext("the greatest")),
        ("count()", gettext("how many are answered")),
        ("round()", gettext("rounded: round(value, decimals)")),
        ("share()", gettext("percent: share(part, whole)")),
        ("if_blank()", gettext("another value where blank: if_blank(value, 0)")),
        ("answered()", gettext("true when answered")),
        ("last_month()", gettext("the value of last month")),
        ("plan()", gettext("the plan of the month")),
        ("cumulative()", gettext("the total to date")),
    ]


def sentences() -> dict[str, str]:
    """Return the sentences of the page's script in the reader's language."""
    words = {
        "unsaved": gettext("Not saved yet"),
        "saving": gettext("Saving"),
        "saved": gettext("Saved {at}"),
        "away": gettext("The portal cannot be reached; your work stays on this page and is saved as soon as it can be"),
        "refused": gettext("This could not be saved"),
        "clash": gettext("Somebody else has saved this form meanwhile."),
        "clash_who": gettext("{who} saved this form at {at}, after you opened it. Nothing of either is lost."),
        "taken_out": gettext("taken out"),
        "mine": gettext("Yours"),
        "theirs": gettext("Theirs"),
        "list_of": gettext("a list of {n}"),
        "drag": gettext("Drag to move"),
        "nameless": gettext("(no words yet)"),
        "must": gettext("must be answered"),
        "conditional": gettext("with a condition"),
        "feeds": gettext("feeds an indicator"),
        "rules_of": gettext("rules {n}"),
        "count": gettext("{n} questions"),
        "faults": gettext("{n} to mend"),
        "faults_here": gettext("{n} to mend here"),
        "severity_warn": gettext("warns and asks for a reason"),
        "severity_block": gettext("refuses the report"),
        "at_top": gettext("It is already at the top"),
        "at_end": gettext("It is already at the end"),
        "moved": gettext("“{what}” is now {n} of {of}"),
        "moved_in": gettext("“{what}” is now {n} of {of} in “{section}”"),
        "removed": gettext("“{what}” is removed"),
        "removed_with": gettext("“{what}” is removed with its {n} questions"),
        "undo": gettext("Undo"),
        "copied": gettext("“{what}” is duplicated"),
        "added": gettext("A new question is added: {what}"),
        "choose": gettext("Choose a question"),
        "a_section": gettext("Section {n}"),
        "a_question": gettext("Question {n}"),
        "a_column": gettext("Column {n} of “{table}”"),
        "a_rule": gettext("Rule {n}"),
        "label_th": gettext("Words in Thai"),
        "label_en": gettext("Words in English"),
        "code": gettext("Code"),
        "remove": gettext("Remove"),
        "no_totals": gettext("Only columns of numbers have totals."),
        "unit": gettext("Unit of measure"),
        "over_months": gettext("Over months"),
        "over_units": gettext("Over offices"),
        "r_": gettext("not joined"),
    }
    words |= {f"r_{rule}": word(rule) for rule in Aggregation}
    return words | {f"p_{name}": said for name, said in properties().items()}


def properties() -> dict[str, str]:
    """Return what each property of a section, question or rule is called."""
    return {
        "title": gettext("Title of the section"),
        "label": gettext("Question"),
        "help": gettext("Help"),
        "kind": gettext("Kind of question"),
        "unit": gettext("Unit of measure"),
        "required": gettext("Must be answered"),
        "least": gettext("Least"),
        "greatest": gettext("Greatest"),
        "decimals": gettext("Decimals"),
        "formula": gettext("Formula"),
        "choices": gettext("Choices"),
        "columns": gettext("Columns"),
        "rows": gettext("Rows of the table"),
        "totals": gettext("Totals below these columns"),
        "accepts": gettext("Kinds of file taken"),
        "shown_when": gettext("Shown only when"),
        "default": gettext("An empty cell offers"),
        "indicator": gettext("Indicator"),
        "month_rule": gettext("Over months"),
        "unit_rule": gettext("Over offices"),
        "title_en": gettext("Title in English"),
        "label_en": gettext("Question in English"),
        "help_en": gettext("Help in English"),
        "key": gettext("Key"),
        "expression": gettext("What must be true"),
        "message": gettext("What is said when the rule is broken"),
        "message_en": gettext("Message in English"),
        "severity": gettext("When it is not true"),
        "at": gettext("Told at"),
        "rows_least": gettext("At least"),
        "rows_greatest": gettext("At most"),
        "indicator_id": gettext("Indicator"),
    }
