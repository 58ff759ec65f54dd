"""The description: valid OpenAPI, made of every resource, and its examples run as they stand."""

import json
import re

import openapi_spec_validator

from models import Person
from portal.rules.access import Role
from portal.web.api import examples


def described(app):
    return app.test_client().get("/api/v1/openapi.json").get_json()


def test_the_description_is_valid_and_names_every_address(app):
    document = described(app)

    openapi_spec_validator.validate(document)
    ours = {
        (re.sub(r"<(?:[a-z]+(?:\(.*?\))?:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and not rule.rule.startswith(("/api/v1/<name>", "/api/v1/openapi"))
    }
    named = {("/api/v1" + path, method) for path, methods in document["paths"].items() for method in methods}
    told = {(path.replace("{id}", "{ident}"), method) for path, method in named}
    verbs = {(path.rpartition("/")[0] + "/{verb}", method) for path, method in told}
    assert {one for one in ours if one not in told | verbs} == set()


def test_every_example_runs(api, app, sqlite_demo):
    """Each list with its example of properties and order, and each body there is, over the demonstration year."""
    program = api(Person.select().where(Person.role == Role.ADMIN).get(), per_minute=100_000)
    sent, wrong = set(), {}
    for path, methods in described(app)["paths"].items():
        for method, operation in methods.items():
            shown = {p["name"]: p["example"] for p in operation["parameters"] if "example" in p}
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            if not shown and body is None:
                continue
            asked = "?" + "&".join(f"{name}={value}" for name, value in shown.items()) if shown else ""
            answer = program.ask(method.upper(), path + asked, body)
            if answer.status_code >= 300:
                wrong[f"{method} {path}"] = json.loads(answer.data)["detail"]
            if body is not None:
                sent.add(operation["operationId"])

    assert wrong == {} and sent == set(examples.BODIES)
