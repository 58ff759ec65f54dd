"""The whole description, fuzzed: whatever is sent, the API answers in its own words and as it is described."""

import os

import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi import checks

from models import Person
from portal import clock, tokens
from portal.rules.access import Role

# What every answer must be: no failure of ours, a status, kind and shape that the description names.
CHECKS = (
    schemathesis.checks.not_a_server_error,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)
# `make bench` asks for more, of every role; a test run for a taste, of one that may much and one that may little.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
ROLES = tuple(Role) if EXAMPLES > 2 else (Role.ADMIN, Role.REPORTER)


@pytest.mark.parametrize("role", ROLES)
def test_whatever_is_sent_the_api_answers_as_described(role, app, sqlite_demo):
    person = Person.select().where(Person.role == role).order_by(Person.id).first()
    text, _row = tokens.issue(
        person, name="ทดสอบ", by=person, at=clock.now(), may_write=True, may_step=True, per_minute=100_000
    )
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        fuzz(operation, text)
        tried += 1
    assert tried > 150


def fuzz(operation, text):
    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=EXAMPLES <= 2,
        suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.generate],
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy())
    def one(case):
        response = case.call(headers={"Authorization": f"Bearer {text}"})
        case.validate_response(response, checks=CHECKS)

    one()
