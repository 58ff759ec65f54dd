import datetime as dt

import pytest

from models import Person, SignIn
from portal import people, sign_ins
from portal.errors import NotAllowed, PortalError, RuleBroken
from portal.rules.access import Role
from tests import make
from tests.make import NOON

GOOD = "ฝนตกทุ่งนาเขียว"


@pytest.fixture
def person(migrated):
    someone = make.person()
    sign_ins.use_link(sign_ins.make_link(someone, by=None, at=NOON), GOOD, at=NOON)
    return someone


def test_a_link_sets_a_first_password_once(person):
    token = sign_ins.make_link(person, by=None, at=NOON)
    sign_ins.use_link(token, "ปลาว่ายข้ามฝั่ง", at=NOON)

    with pytest.raises(NotAllowed, match="used already"):
        sign_ins.use_link(token, "อีกครั้งหนึ่งนะ", at=NOON)
    assert sign_ins.check_sign_in(person.username, "ปลาว่ายข้ามฝั่ง", at=NOON) == person


def test_a_link_dies_after_three_days_and_when_a_newer_one_is_made(person):
    first = sign_ins.make_link(person, by=None, at=NOON)
    second = sign_ins.make_link(person, by=None, at=NOON)

    assert sign_ins.person_of_link(first, at=NOON) is None
    assert sign_ins.person_of_link(second, at=NOON + dt.timedelta(days=2)) == person
    assert sign_ins.person_of_link(second, at=NOON + dt.timedelta(days=4)) is None


@pytest.mark.parametrize("weak", ["สั้น", "1234567890", "aaaaaaaaaaaa", "password12", "สหกรณ์2566", "x" * 201])
def test_an_easy_password_is_refused(person, weak):
    with pytest.raises(RuleBroken):
        sign_ins.use_link(sign_ins.make_link(person, by=None, at=NOON), weak, at=NOON)


def test_unknown_name_and_wrong_password_are_refused_in_the_same_words(person):
    said = set()
    for name, password in ((person.username, "ไม่ใช่รหัสนี้แน่"), ("nobody", GOOD), ("", "")):
        with pytest.raises(NotAllowed) as refused:
            sign_ins.check_sign_in(name, password, at=NOON)
        said.add(str(refused.value))
    assert len(said) == 1


def test_guessing_slows_down_and_the_owner_is_in_again_within_a_minute(person):
    for _ in range(12):
        with pytest.raises(NotAllowed):
            sign_ins.check_sign_in(person.username, "เดาไปเรื่อย ๆ", at=NOON)
        Person.update(wait_until=None).execute()
    with pytest.raises(NotAllowed):
        sign_ins.check_sign_in(person.username, "เดาอีกครั้งหนึ่ง", at=NOON)

    with pytest.raises(NotAllowed):
        sign_ins.check_sign_in(person.username, GOOD, at=NOON + dt.timedelta(seconds=30))
    assert sign_ins.check_sign_in(person.username, GOOD, at=NOON + dt.timedelta(seconds=61)) == person


def test_a_sign_in_ends_by_sign_out_idling_age_new_password_and_leaving(person):
    def begin():
        return sign_ins.begin_sign_in(person, agent="test", at=NOON)

    assert sign_ins.person_of_sign_in(begin(), at=NOON) == person

    token = begin()
    sign_ins.sign_out(token, at=NOON)
    assert sign_ins.person_of_sign_in(token, at=NOON) is None

    assert sign_ins.person_of_sign_in(begin(), at=NOON + sign_ins.IDLE + dt.timedelta(minutes=1)) is None

    token = begin()
    for hours in range(0, 16, 4):
        assert sign_ins.person_of_sign_in(token, at=NOON + dt.timedelta(hours=hours)) == person
    assert sign_ins.person_of_sign_in(token, at=NOON + dt.timedelta(hours=16, minutes=1)) is None

    token = begin()
    sign_ins.change_password(person, GOOD, "ดาวตกหลังเขาใหญ่", at=NOON)
    assert sign_ins.person_of_sign_in(token, at=NOON) is None

    token = begin()
    people.leave(person, by=make.person(Role.ADMIN), at=NOON)
    assert sign_ins.person_of_sign_in(token, at=NOON) is None
    with pytest.raises(NotAllowed):
        sign_ins.check_sign_in(person.username, "ดาวตกหลังเขาใหญ่", at=NOON)


def test_no_token_stands_in_the_store(person):
    token = sign_ins.begin_sign_in(person, agent="test", at=NOON)

    assert SignIn.select().where(SignIn.token_hash == token).count() == 0
    assert sign_ins.person_of_sign_in(token + "x", at=NOON) is None
    assert sign_ins.person_of_sign_in("\ud800", at=NOON) is None


def test_nobody_switches_their_own_account_off(migrated):
    admin = make.person(Role.ADMIN)

    with pytest.raises(PortalError, match="your own"):
        people.leave(admin, by=admin, at=NOON)


def test_an_office_role_needs_an_office(migrated):
    with pytest.raises(RuleBroken, match="field office"):
        people.add(username="x", name="ก", role=Role.REPORTER, unit=make.unit(is_office=False), by=None)
