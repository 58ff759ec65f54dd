"""Screens: tables of contents, mailing lists, sendings and schedules of packs and books, as they stand in the store."""

from __future__ import annotations

from admin_views.base import CENTRAL, Screen
from models import BookEntry, BookOutline, BookPhoto, MailingAddress, MailingList, Schedule, ScheduleTurn, Sending
from portal.rules.access import Role
from portal.web.language import lazy
from portal.web.words import word

KEEPERS = frozenset({Role.PLANNING, Role.ADMIN})


class BookOutlineScreen(Screen):
    """Tables of contents that planning has set; they are changed on their own page."""

    table = BookOutline
    open_to = CENTRAL
    small = True
    icon = "book"
    adds = changes = False
    empty = lazy("Every book has its shipped table of contents.")
    worded = {"book": word}
    column_list = ("book", "year", "thai_digits", "official_margins", "note")
    not_typed = ("book", "year", "thai_digits", "official_margins", "note")


class BookEntryScreen(Screen):
    """Lines of tables of contents."""

    table = BookEntry
    open_to = CENTRAL
    adds = changes = False
    column_list = ("outline", "position", "kind", "chapter", "title", "scope", "is_on")
    column_filters = ("outline", "kind", "is_on")
    column_default_sort = ("id", True)
    not_typed = ("outline", "position", "kind", "chapter", "title", "body", "scope", "is_on")


class BookPhotoScreen(Screen):
    """Photographs of books, with who agreed to their printing."""

    table = BookPhoto
    open_to = KEEPERS
    icon = "eye"
    adds = changes = False
    column_list = ("entry", "position", "caption", "credit", "consent", "consent_on", "added_by", "added_at")
    column_filters = ("consent_on", "added_by")
    column_default_sort = ("id", True)
    not_typed = (
        "entry", "position", "caption", "credit", "consent", "consent_on", "file_key", "thumbnail_key", "sha256",
        "size", "width", "height", "added_by", "added_at",
    )  # fmt: skip
    not_shown = ("file_key", "thumbnail_key")


class MailingListScreen(Screen):
    """Lists of people who are sent packs and books."""

    table = MailingList
    open_to = KEEPERS
    small = True
    icon = "bell"
    removes = True
    column_list = ("name", "note", "is_active")
    form_columns = ("name", "note", "is_active")


class MailingAddressScreen(Screen):
    """The addresses of the lists."""

    table = MailingAddress
    open_to = KEEPERS
    removes = True
    column_list = ("mailing_list", "name", "email")
    column_filters = ("mailing_list",)
    column_default_sort = ("id", True)
    form_columns = ("mailing_list", "name", "email")


class SendingScreen(Screen):
    """Who was sent which edition, and when."""

    table = Sending
    open_to = CENTRAL
    icon = "list"
    adds = changes = False
    empty = lazy("Nothing was sent yet.")
    column_list = ("edition", "name", "email", "asked_by", "asked_at", "sent_at", "tries", "error")
    column_filters = ("edition", "mailing_list", "sent_at")
    column_default_sort = ("id", True)
    not_typed = (
        "edition", "mailing_list", "name", "email", "asked_by", "asked_at", "sent_at", "tries", "error", "again_at",
    )  # fmt: skip


class ScheduleScreen(Screen):
    """When packs and books are made by themselves."""

    table = Schedule
    open_to = CENTRAL
    small = True
    icon = "cal"
    removes = True
    worded = {"book": word}
    column_list = (
        "name", "book", "scope", "counted_from", "day", "working_days", "at", "waits", "mailing_list", "is_active",
    )  # fmt: skip
    form_columns = (
        "name", "book", "scope", "counted_from", "day", "working_days", "at", "waits", "mailing_list", "begins_on",
        "is_active",
    )  # fmt: skip


class ScheduleTurnScreen(Screen):
    """What schedules have asked for."""

    table = ScheduleTurn
    open_to = CENTRAL
    adds = changes = False
    empty = lazy("No schedule has asked for anything yet.")
    column_list = ("schedule", "subject", "due_at", "asked_at", "is_provisional", "run", "sent_at")
    column_filters = ("schedule", "asked_at")
    column_default_sort = ("id", True)
    not_typed = ("schedule", "subject", "due_at", "asked_at", "is_provisional", "run", "sent_at")
