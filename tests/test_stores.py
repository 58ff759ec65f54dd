"""The ground the other tests stand on: real stores, a real Redis, agreed pages."""

from models import Holiday, Region, Unit, db
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


def _picture():
    return {model.__name__: sorted(model.select().order_by(model.id).tuples()) for model in (Region, Unit, Holiday)}


def test_a_database_that_is_lent_again_is_as_it_was_at_first_numbers_included(stores, tmp_path):
    first = stores.new("postgresql", "reference", tmp_path)
    portal_database.use(first.url)
    before, number = _picture(), Region.create(code="x", name="ทดสอบ").id
    Unit.update(name=Unit.name.concat(" อื่น")).where(Unit.id > 10).execute()
    Holiday.delete().where(Holiday.id < 5).execute()
    stores.drop(first)

    again = stores.new("postgresql", "reference", tmp_path)
    portal_database.use(again.url)

    assert again.url == first.url
    assert _picture() == before
    assert Region.create(code="y", name="ทดสอบ").id == number
    stores.drop(again)


def test_a_database_whose_tables_were_changed_is_not_lent_again(stores, tmp_path):
    first = stores.new("postgresql", "reference", tmp_path)
    portal_database.use(first.url)
    db.execute_sql("CREATE INDEX made_by_a_test ON region (name)")
    stores.drop(first)

    again = stores.new("postgresql", "reference", tmp_path)
    portal_database.use(again.url)

    assert again.url != first.url
    assert not [one for one in db.get_indexes("region") if one.name == "made_by_a_test"]
    stores.drop(again)
