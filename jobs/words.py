"""The language of what a job leaves for people to read."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from pathlib import Path

import portal

TRANSLATIONS = Path(portal.__path__[0]) / "translations"


def speak(language: str) -> Callable[[str], str]:
    """Return the translation of a sentence into `language`; one that has no translation stays English."""
    return gettext.translation("messages", str(TRANSLATIONS), [language], fallback=True).gettext
