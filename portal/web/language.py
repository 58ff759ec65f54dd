"""Which language a person reads, and the words of it. Thai first, English beside it.

The catalogue is `translations/th/LC_MESSAGES/messages.po`; it is read as set-up has compiled it, or as it stands when
it is newer. It holds our own sentences (English as the key, values as `{name}`) and those of Flask-Admin and
WTForms, which ship no Thai (values as `%(name)s`).
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import flask_admin.babel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, has_request_context, redirect, request
from flask_admin.helpers import get_redirect_target
from werkzeug.wrappers import Response as AnyResponse

LANGUAGES = {"th": "ไทย", "en": "English"}
CATALOGUE = Path(__file__).resolve().parent.parent / "translations" / "th" / "LC_MESSAGES" / "messages.po"
COOKIE = "portal_language"

_catalogues: dict[str, NullTranslations] = {}


class Lazy:
    """A sentence that is put into the reader's language when it is shown, not when it is written down."""

    __slots__ = ("msgid",)

    def __init__(self, msgid: str) -> None:
        self.msgid = msgid

    def __str__(self) -> str:
        return gettext(self.msgid)

    def __html__(self) -> str:
        return str(escape_text(str(self)))

    def __repr__(self) -> str:
        return f"Lazy({self.msgid!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.msgid)

    def __add__(self, other: str) -> str:
        return str(self) + other

    def __radd__(self, other: str) -> str:
        return other + str(self)


def escape_text(text: str) -> str:
    """Return `text` with the five characters that mean something in HTML written out."""
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;").replace("'", "&#39;")
    )


def language() -> str:
    """Return the language of this request: "th" or "en"."""
    if not has_request_context():
        return "th"
    chosen: str = g.get("language", "th")
    return chosen


def gettext(msgid: str, **values: Any) -> str:
    """Return a sentence in the reader's language, with `{name}` values put in."""
    words = _catalogue(language()).gettext(msgid) if msgid else ""
    return words.format(**values) if values else words


def ngettext(one: str, many: str, count: int, **values: Any) -> str:
    """Return `one` or `many` for `count`, with `{count}` and `{name}` values put in. Thai has one form."""
    words = _catalogue(language()).ngettext(one, many, count)
    return words.format(count=f"{count:,}", **values)


def lazy(msgid: str) -> Lazy:
    """Return a sentence to be translated when it is shown: for labels written down in a class."""
    return Lazy(msgid)


def install(app: Flask, default: str) -> None:
    """Let every request know its language, and Flask-Admin and WTForms speak it."""
    _catalogue("th")

    @app.before_request
    def choose() -> None:
        wanted = request.cookies.get(COOKIE, "")
        g.language = wanted if wanted in LANGUAGES else default

    @app.post("/language/")
    def change_language() -> AnyResponse:
        response: Response = redirect(get_redirect_target() or "/")  # type: ignore[assignment]
        wanted = request.form.get("language", "")
        if wanted in LANGUAGES:
            response.set_cookie(
                COOKIE,
                wanted,
                max_age=365 * 24 * 3600,
                samesite="Lax",
                httponly=True,
                secure=bool(app.config["SESSION_COOKIE_SECURE"]),
            )
        return response

    # Flask-Admin and WTForms ask these two for their catalogues; both find ours.
    for domain in (flask_admin.babel.domain, flask_admin.babel.wtforms_domain):
        domain.get_translations = lambda: _catalogue(language())


def _catalogue(code: str) -> NullTranslations:
    if code not in _catalogues:
        _catalogues[code] = _read() if code == "th" else _untranslated()
    return _catalogues[code]


def _read() -> Translations:
    made = CATALOGUE.with_suffix(".mo")
    if made.exists() and made.stat().st_mtime >= CATALOGUE.stat().st_mtime:
        with made.open("rb") as file:
            return _speaking(Translations(file))
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="th")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return _speaking(Translations(compiled))


def _untranslated() -> NullTranslations:
    return _speaking(NullTranslations())


def _speaking(translations: Any) -> Any:
    # The older names, which Flask-Babel's domains call.
    translations.ugettext = translations.gettext
    translations.ungettext = translations.ngettext
    return translations
