"""Thailand's public holidays of a fiscal year, from a maintained library; the rest of a year's calendar is a rule."""

from __future__ import annotations

import datetime as dt

import holidays

from portal.rules import fiscal


def public_holidays(number: int) -> list[tuple[dt.date, str]]:
    """Return Thailand's public holidays, day and Thai name, of both calendar years that the fiscal year touches."""
    years = (number - fiscal.ERA - 1, number - fiscal.ERA)
    return sorted(holidays.country_holidays("TH", years=years, language="th").items())
