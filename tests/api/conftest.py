"""A program at the door: `api(person)` asks as a token of that person."""

import json
from dataclasses import dataclass

import pytest

from portal import clock, tokens
from portal.rules.access import Role
from tests import make


@dataclass
class Program:
    """Asks the API with one token."""

    client: object
    token: str

    def ask(self, method, path, body=None, **headers):
        given = {"Authorization": f"Bearer {self.token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        data = None if body is None else json.dumps(body)
        return self.client.open(
            f"/api/v1{path}", method=method, data=data, headers=given, content_type="application/json"
        )

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, body, **headers)

    def patch(self, path, body, **headers):
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path, **headers):
        return self.ask("DELETE", path, **headers)


@pytest.fixture
def api(app):
    """`api(person, **scope)`: a program with a token of this person, all rights unless said otherwise."""

    def enter(person=None, **scope):
        who = person or make.person(Role.ADMIN, make.unit(is_office=False))
        scope = {"may_write": True, "may_step": True} | scope
        text, _row = tokens.issue(who, name="ทดสอบ", by=who, at=clock.now(), **scope)
        return Program(app.test_client(), text)

    return enter
