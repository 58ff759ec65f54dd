"""What the tests of the designer's pages share: a form, a division, and how it asks."""

import json
import re

from portal.forms import versions
from tests import make

SPEC = {
    "sections": [
        {
            "key": "trade",
            "title": "ธุรกิจ",
            "questions": [
                {"key": "collected", "kind": "money", "label": "รวบรวม"},
                {"key": "sold", "kind": "money", "label": "จำหน่าย"},
                {"key": "share", "kind": "computed", "label": "ร้อยละ", "formula": "share(sold, collected)"},
                {"key": "why", "kind": "text", "label": "เหตุผล", "shown_when": "sold > collected"},
            ],
        }
    ],
    "rules": [
        {"key": "more", "expression": "sold <= collected", "message": "ขายเกิน", "severity": "warn", "at": "sold"},
        {
            "key": "none",
            "expression": "collected > 0",
            "message": "ต้องมากกว่าศูนย์",
            "severity": "block",
            "at": "collected",
        },
    ],
}


def reworded(old, new):
    """The description with one word instead of another, wherever it stands."""
    return json.loads(json.dumps(SPEC, ensure_ascii=False).replace(old, new))


def begun(person, spec=None, code="D-1"):
    return versions.begin(code=code, name="แบบของกอง", owner=person.unit, by=person, at=make.NOON, spec=spec or SPEC)


def post(client, where, **asked):
    return client.post(f"/admin/designer/{where}/", json=asked, headers={"X-Requested-With": "portal"})


def given(page):
    return json.loads(re.search(r'id="designer-given">(.*?)</script>', page.text, re.S)[1])
