"""What jobs say: to people on the rows, in their language; to the keepers of the portal in the log."""

from __future__ import annotations

import gettext
import logging
from collections.abc import Callable
from pathlib import Path

import portal

TRANSLATIONS = Path(portal.__path__[0]) / "translations"


def speak(language: str) -> Callable[[str], str]:
    """Return the translation of a sentence into `language`; one that has no translation stays English."""
    return gettext.translation("messages", str(TRANSLATIONS), [language], fallback=True).gettext


def keep_log() -> None:
    """Write to standard error what this process does, a line each with time and place."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for ours in ("portal", "jobs"):
        logging.getLogger(ours).setLevel(logging.INFO)
