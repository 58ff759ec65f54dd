"""Who is signed in, for the tests of the designer's pages."""

import pytest

from portal.rules.access import Role
from tests import make


@pytest.fixture
def division(sqlite_store, sign_in):
    """A division signed in."""
    person = make.person(Role.DIVISION)
    sign_in(person)
    return person


@pytest.fixture
def kept(database, sign_in):
    """The same on both stores, for what the store itself has a part in."""
    person = make.person(Role.DIVISION)
    sign_in(person)
    return person
