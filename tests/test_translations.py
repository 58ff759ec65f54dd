"""The Thai catalogue is whole: every sentence that a person may read has its Thai, with the same values in it."""

import ast
import enum
import importlib
import io
import pkgutil
import re
from collections import Counter
from functools import cache
from pathlib import Path

import flask_admin
import jinja2.ext
import pytest
import wtforms
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from models import ALL
from portal import rules

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "portal" / "translations" / "th" / "LC_MESSAGES" / "messages.po"
SOURCES = ("portal", "admin_views", "jobs")
FUNCTIONS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy": None, "lazy_gettext": None, "Lazy": None}
VALUES = re.compile(r"%\(\w+\)[sdf]|\{\w+[^}]*\}")


@cache
def catalogue():
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="th", abort_invalid=True)


@cache
def translated():
    """The sentences that have their Thai."""
    return frozenset(
        one for message in catalogue() if message.id and all(_texts(message.string)) for one in _texts(message.id)
    )


def _texts(text):
    return text if isinstance(text, list | tuple) else (text,)


@cache
def said_by_code():
    """Every class of our code with what it is made of, and every call of a plain name with an argument; and where."""
    classes, calls = [], []
    files = [*ROOT.glob("*.py"), *(path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))]
    for path in sorted(files):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                classes.append((node.name, {getattr(base, "id", "") for base in node.bases}))
            elif isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Name):
                calls.append((node, f"{path.relative_to(ROOT)}:{node.lineno}"))
    return classes, calls


def refusals():
    """The sentences of every PortalError raised anywhere, and where."""
    kinds = {"PortalError"}
    classes, calls = said_by_code()
    while found := {name for name, bases in classes if kinds & bases} - kinds:
        kinds |= found
    for call, where in calls:
        if call.func.id in kinds:
            # "a" if singular else "b" are two sentences.
            for text in ast.walk(call.args[0]):
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield text.value, where


def spoken():
    """The sentences that pages and code put into the reader's language, and where."""
    for folder in SOURCES:
        found = _extracted(folder)
        for path, line, text, _comments, _context in found:
            for one in _texts(text):
                if one:
                    yield one, f"{folder}/{path}:{line}"


@cache
def _extracted(folder):
    found = extract_from_dir(
        str(ROOT / folder),
        [("**.py", "python"), ("templates/**.html", jinja2.ext.babel_extract)],
        {"templates/**.html": {"silent": "false"}},
        keywords=FUNCTIONS,
    )
    return tuple(found)


def check_thai_for(sentences):
    lacking = sorted({f"{where}: {text!r}" for text, where in sentences if text not in translated()})
    assert not lacking, f"{len(lacking)} sentences have no Thai in {CATALOGUE.name}:\n" + "\n".join(lacking)


def test_every_sentence_of_pages_and_code_has_its_thai():
    check_thai_for(spoken())


def test_what_is_counted_stands_in_the_catalogue_as_one_and_many():
    known = {message.id for message in catalogue() if isinstance(message.id, tuple)}
    asked = {
        text
        for folder in SOURCES
        for _path, _line, text, *_ in _extracted(folder)
        if isinstance(text, tuple) and text[1]
    }

    assert not asked - known  # two sentences of their own would leave the English words in Thai pages


def test_every_refusal_has_its_thai():
    check_thai_for(refusals())


def test_every_word_of_the_rules_has_its_thai():
    modules = [importlib.import_module(m.name) for m in pkgutil.iter_modules(rules.__path__, "portal.rules.")]
    kinds = {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, enum.StrEnum) and kind.__module__ == module.__name__
    }

    assert kinds
    check_thai_for((str(one), kind.__name__) for kind in kinds for one in kind)


@pytest.mark.parametrize(
    "library", [Path(flask_admin.__file__).parent / "translations/de/LC_MESSAGES/admin.mo",
                Path(wtforms.__file__).parent / "locale/de/LC_MESSAGES/wtforms.mo"],
    ids=["flask-admin", "wtforms"],
)  # fmt: skip
def test_every_sentence_of_a_library_has_its_thai(library):
    sentences = [(one, library.stem) for m in read_mo(io.BytesIO(library.read_bytes())) for one in _texts(m.id) if one]

    assert len(sentences) > 30
    check_thai_for(sentences)


def test_a_translation_holds_the_values_of_its_sentence():
    wrong = [
        message.id
        for message in catalogue()
        if message.id and message.string
        for thai in _texts(message.string)
        if sorted(VALUES.findall(thai)) != sorted(VALUES.findall(_texts(message.id)[-1]))
    ]

    assert wrong == []


def test_the_catalogue_compiles_as_set_up_compiles_it():
    assert [(message.id, str(error)) for message in catalogue() for error in message.check(catalogue())] == []


def test_no_translation_is_a_guess_or_given_twice():
    said = re.findall(r'^msgid (".*"(?:\n".*")*)', CATALOGUE.read_text(), re.MULTILINE)

    assert [message.id for message in catalogue() if message.fuzzy and message.id] == []
    assert sorted(one for one, times in Counter(said).items() if times > 1) == []


def test_every_table_has_a_thai_word_for_the_trail():
    assert [model.__name__ for model in ALL if model.__name__ not in translated()] == []
