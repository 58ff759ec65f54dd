"""The whole description, fuzzed: whatever is sent, the API answers in its own words and as it is described."""

import pytest

from models import Person
from portal.bench import fuzz
from portal.rules.access import Role


@pytest.mark.parametrize("role, share", [(Role.ADMIN, (0, 3)), (Role.REPORTER, (1, 3))], ids=["admin", "reporter"])
def test_whatever_is_sent_the_api_answers_as_described_and_tells_nothing_of_others(role, share, app, sqlite_demo):
    """A taste, of one that may much and one that may little; `make bench` asks as every role for ten minutes each."""
    person = Person.select().where(Person.role == role).order_by(Person.id).first()

    found = fuzz.fuzz(app, person, at_once=1, share=share)

    assert found.wrong == {}
    assert found.requests > 120 and found.statuses[200] > 10


def test_a_reporter_s_fuzz_has_rows_to_miss(sqlite_demo):
    person = Person.select().where(Person.role == Role.REPORTER).order_by(Person.id).first()

    assert fuzz.plant(person) > 100
