"""The ground the other tests stand on: real stores, a real Redis, agreed pages."""

from models import Region, db
from portal import database as portal_database


def test_a_store_of_either_kind_is_migrated_and_writable(database):
    Region.create(code="x", name="ทดสอบ")

    assert Region.select().where(Region.code == "x").count() == 1
    assert portal_database.pending() == []


def test_what_one_test_wrote_the_next_does_not_see(database):
    assert Region.select().where(Region.code == "x").count() == 0


def test_a_bare_store_has_no_table(bare):
    assert db.get_tables() == []


def test_the_settings_name_the_store_of_the_test(database, settings):
    assert settings.database == database.url


def test_the_redis_is_empty(redis_server, redis_url):
    assert redis_server._say(b"DBSIZE") == b":0"
