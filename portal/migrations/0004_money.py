"""Money from the finance files: lines as read, what their codes mean, sums kept by the store, what a batch did."""

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    SmallIntegerField,
    SqliteDatabase,
    TextField,
)

from portal.schema import alter

STATES_BEFORE = "('staged', 'taken', 'refused', 'undone')"
STATES = "('waiting', 'staged', 'accepted', 'taken', 'refused', 'undone')"
KEY = "fiscal_year, side, unit, project, category, nature, month"
SIDES = """
    (SELECT 'unit' AS side, 1 AS unit, 0 AS project, 0 AS category UNION ALL SELECT 'project', 0, 1, 0
    UNION ALL SELECT 'category', 0, 0, 1 UNION ALL SELECT 'unit_project', 1, 1, 0) s
    """
AMOUNTS = ("act", "after_transfers", "received", "disbursed", "ordered", "reserved")


def up(migrator, db):
    changed, new = _tables(db, after=True)
    for model in changed:
        alter(db, model)
    db.create_tables(new)
    _index(db, "month_line_id_disbursed_ordered_reserved", ("month", "data_as_of", "line"))
    _keep_sums(db)


def down(migrator, db):
    _forget_sums(db)
    _index(db, "month_data_as_of_line_id", ("month", "line", "disbursed", "ordered", "reserved"))
    db.drop_tables(list(reversed(_tables(db, after=True)[1])))
    db.execute_sql("UPDATE import_batch SET state = 'staged' WHERE state IN ('waiting', 'accepted')")
    for model in _tables(db, after=False)[0]:
        alter(db, model)


def _index(db, gone, columns):
    """Sums are read from `money_sum` now; what is still asked of the months is the latest day they are of."""
    db.execute_sql(f"DROP INDEX disbursement_{gone}")

    class BudgetLine(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "budget_line"

    class Disbursement(Model):
        line = ForeignKeyField(BudgetLine, on_delete="RESTRICT")
        month = SmallIntegerField()
        disbursed = BigIntegerField(default=0)
        ordered = BigIntegerField(default=0)
        reserved = BigIntegerField(default=0)
        data_as_of = DateField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "disbursement"
            indexes = ((columns, False),)

    Disbursement._schema.create_indexes(safe=True)


def _add(values, source=""):
    """Return the statement that adds `values` (an expression each) to a row of sums, making it if need be."""
    sums = ", ".join(f"{n} = money_sum.{n} + excluded.{n}" for n in AMOUNTS)
    return (
        f"INSERT INTO money_sum ({KEY}, {', '.join(AMOUNTS)}) SELECT {', '.join(values)} {source} "
        f"ON CONFLICT ({KEY}) DO UPDATE SET {sums};"
    )


def _month(row, sign):
    """A month's amounts are added to (or, with `-`, taken from) the sums of its line."""
    amounts = [f"{sign}{row}.{n}" for n in AMOUNTS[3:]]
    return _add(
        [*_line("l"), f"{row}.month", "0", "0", "0", *amounts],
        f"FROM budget_line l CROSS JOIN {SIDES} WHERE l.id = {row}.line_id",
    )


def _line(row):
    """What a line is added up by, from each side: what the side does not ask for is 0."""
    return [
        f"{row}.fiscal_year_id", "s.side", f"{row}.unit_id * s.unit", f"coalesce({row}.project_id, 0) * s.project",
        f"{row}.category_id * s.category", f"{row}.nature",
    ]  # fmt: skip


def _grant(row, sign):
    amounts = [f"{sign}{row}.{n}" for n in AMOUNTS[:3]]
    return _add([*_line(row), "0", *amounts, "0", "0", "0"], f"FROM {SIDES} WHERE true")


def _months_of(row, sign):
    """All months of a line, for when the line itself moves to another unit, project, category or nature."""
    amounts = [f"{sign}d.{n}" for n in AMOUNTS[3:]]
    return _add(
        [*_line(row), "d.month", "0", "0", "0", *amounts],
        f"FROM disbursement d CROSS JOIN {SIDES} WHERE d.line_id = {row}.id",
    )


def _triggers():
    """Name, moment, table and statements of each trigger."""
    moved = " OR ".join(
        f"{{old}}.{n} {{differs}} {{new}}.{n}"
        for n in ("fiscal_year_id", "unit_id", "project_id", "category_id", "nature")
    )
    return (
        ("disbursement_sums_new", "AFTER INSERT", "disbursement", "", [_month("NEW", "")]),
        ("disbursement_sums_old", "AFTER DELETE", "disbursement", "", [_month("OLD", "-")]),
        (
            "disbursement_sums_changed", "AFTER UPDATE OF line_id, month, disbursed, ordered, reserved", "disbursement",
            "", [_month("OLD", "-"), _month("NEW", "")],
        ),
        ("budget_line_sums_new", "AFTER INSERT", "budget_line", "", [_grant("NEW", "")]),
        ("budget_line_sums_old", "AFTER DELETE", "budget_line", "", [_grant("OLD", "-")]),
        (
            "budget_line_sums_changed",
            "AFTER UPDATE OF fiscal_year_id, unit_id, project_id, category_id, nature, act, after_transfers, received",
            "budget_line", "", [_grant("OLD", "-"), _grant("NEW", "")],
        ),
        (
            "budget_line_sums_moved", "AFTER UPDATE OF fiscal_year_id, unit_id, project_id, category_id, nature",
            "budget_line", moved, [_months_of("OLD", "-"), _months_of("NEW", "")],
        ),
    )  # fmt: skip


def _keep_sums(db):
    is_sqlite = isinstance(db, SqliteDatabase)
    for row in ("budget_line l", "disbursement d JOIN budget_line l ON l.id = d.line_id"):
        is_month = row.startswith("disbursement")
        amounts = [f"sum(d.{n})" if is_month else "0" for n in AMOUNTS[3:]]
        grants = ["0" if is_month else f"sum(l.{n})" for n in AMOUNTS[:3]]
        db.execute_sql(
            f"INSERT INTO money_sum ({KEY}, {', '.join(AMOUNTS)}) "
            f"SELECT {', '.join([*_line('l'), 'd.month' if is_month else '0', *grants, *amounts])} "
            f"FROM {row} CROSS JOIN {SIDES} GROUP BY 1, 2, 3, 4, 5, 6{', 7' if is_month else ''}"
        )
    if is_sqlite:
        for name, moment, table, moved, statements in _triggers():
            when = f"WHEN {moved.format(old='OLD', new='NEW', differs='IS NOT')}" if moved else ""
            db.execute_sql(f"CREATE TRIGGER {name} {moment} ON {table} {when} BEGIN {' '.join(statements)} END")
        return
    for name, event, table, tables, parts in _statement_triggers():
        db.execute_sql(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {_add_up(parts)} RETURN NULL; END $$"
        )
        db.execute_sql(
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def _statement_triggers():
    """The same for PostgreSQL, a statement at a time.

    There an update leaves the old row behind until the transaction ends: adding to one sum a hundred thousand times,
    row by row, would walk through all that it was before. So each statement adds up what it changed, and adds that.
    """
    old, new = "OLD TABLE AS gone", "NEW TABLE AS come"
    moved = " OR ".join(
        f"gone.{n} IS DISTINCT FROM come.{n}"
        for n in ("fiscal_year_id", "unit_id", "project_id", "category_id", "nature")
    )

    def months(rows, sign):
        amounts = [f"{sign}{rows}.{n}" for n in AMOUNTS[3:]]
        return ([*_line("l"), f"{rows}.month", "0", "0", "0", *amounts],
                f"{rows} JOIN budget_line l ON l.id = {rows}.line_id CROSS JOIN {SIDES}")  # fmt: skip

    def grants(rows, sign):
        amounts = [f"{sign}{rows}.{n}" for n in AMOUNTS[:3]]
        return [*_line(rows), "0", *amounts, "0", "0", "0"], f"{rows} CROSS JOIN {SIDES}"

    def moving(rows, sign):
        amounts = [f"{sign}d.{n}" for n in AMOUNTS[3:]]
        return ([*_line(rows), "d.month", "0", "0", "0", *amounts],
                f"gone JOIN come ON come.id = gone.id AND ({moved}) "
                f"JOIN disbursement d ON d.line_id = gone.id CROSS JOIN {SIDES}")  # fmt: skip

    return (
        ("disbursement_sums_new", "INSERT", "disbursement", new, [months("come", "")]),
        ("disbursement_sums_old", "DELETE", "disbursement", old, [months("gone", "-")]),
        (
            "disbursement_sums_changed", "UPDATE", "disbursement", f"{old} {new}",
            [months("gone", "-"), months("come", "")],
        ),
        ("budget_line_sums_new", "INSERT", "budget_line", new, [grants("come", "")]),
        ("budget_line_sums_old", "DELETE", "budget_line", old, [grants("gone", "-")]),
        (
            "budget_line_sums_changed", "UPDATE", "budget_line", f"{old} {new}",
            [grants("gone", "-"), grants("come", ""), moving("gone", "-"), moving("come", "")],
        ),
    )  # fmt: skip


def _add_up(parts):
    """Return the statement that adds up rows and adds that; a part is its columns and where they come from."""
    names = [*KEY.split(", "), *AMOUNTS]
    selects = " UNION ALL ".join(
        f"SELECT {', '.join(f'{value} AS {name}' for value, name in zip(values, names, strict=True))} FROM {source}"
        for values, source in parts
    )
    sums = [f"sum(changed.{n})" for n in AMOUNTS]
    keys = [f"changed.{n}" for n in KEY.split(", ")]
    nil = " AND ".join(f"{each} = 0" for each in sums)
    added = ", ".join(f"{n} = money_sum.{n} + excluded.{n}" for n in AMOUNTS)
    return (
        f"INSERT INTO money_sum ({', '.join(names)}) SELECT {', '.join([*keys, *sums])} FROM ({selects}) changed "
        f"GROUP BY {', '.join(keys)} HAVING NOT ({nil}) ON CONFLICT ({KEY}) DO UPDATE SET {added};"
    )


def _forget_sums(db):
    if isinstance(db, SqliteDatabase):
        for name, *_ in _triggers():
            db.execute_sql(f"DROP TRIGGER {name}")
        return
    for name, _event, table, *_ in _statement_triggers():
        db.execute_sql(f"DROP TRIGGER {name} ON {table}")
        db.execute_sql(f"DROP FUNCTION {name}()")


def _tables(db, after):
    class FiscalYear(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "fiscal_year"

    class Unit(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "unit"

    class Person(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "person"

    class Project(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "project"

    class BudgetCategory(Model):
        class Meta:
            database = db
            legacy_table_names = False
            table_name = "budget_category"

    class BudgetLine(Model):
        version = IntegerField(default=1)
        fiscal_year = ForeignKeyField(FiscalYear, on_delete="RESTRICT")
        code = CharField(max_length=20)
        if after:
            name = CharField(max_length=300, default="")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        project = ForeignKeyField(Project, null=True, on_delete="RESTRICT")
        category = ForeignKeyField(BudgetCategory, on_delete="RESTRICT")
        nature = CharField(max_length=12)
        act = BigIntegerField(default=0)
        after_transfers = BigIntegerField(default=0)
        received = BigIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "budget_line"
            constraints = [
                Check("nature IN ('recurrent', 'investment')"),
                Check("length(code) = 20", name="budgetline_code_20"),
            ]
            indexes = (
                (("fiscal_year", "code", "unit", "category", "nature"), True),
                (("fiscal_year", "project"), False),
            )

    class ImportBatch(Model):
        source = CharField(max_length=40)
        file_name = CharField(max_length=300)
        file_sha256 = CharField(max_length=64)
        file_key = CharField(max_length=200, default="")
        state = CharField(max_length=12, default="waiting" if after else "staged")
        lines_read = IntegerField(default=0)
        lines_taken = IntegerField(default=0)
        lines_refused = IntegerField(default=0)
        report = JSONField(default=dict)
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        unit = ForeignKeyField(Unit, on_delete="RESTRICT")
        at = DateTimeField()
        if after:
            fiscal_year = ForeignKeyField(FiscalYear, null=True, on_delete="RESTRICT")
            as_of = DateField(null=True)
            is_whole = BooleanField(default=True)
            word = TextField(default="")
            taken_by = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT")
            taken_at = DateTimeField(null=True)
            entry_number = IntegerField(null=True)
            undone_by = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT")
        undone_at = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "import_batch"
            constraints = [Check(f"state IN {STATES if after else STATES_BEFORE}")]

    class MoneySum(Model):
        side = CharField(max_length=12)
        fiscal_year = IntegerField()
        unit = IntegerField()
        project = IntegerField()
        category = IntegerField()
        nature = CharField(max_length=12)
        month = SmallIntegerField()
        act = BigIntegerField(default=0)
        after_transfers = BigIntegerField(default=0)
        received = BigIntegerField(default=0)
        disbursed = BigIntegerField(default=0)
        ordered = BigIntegerField(default=0)
        reserved = BigIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "money_sum"
            indexes = ((("fiscal_year", "side", "unit", "project", "category", "nature", "month"), True),)

    class CodeMap(Model):
        version = IntegerField(default=1)
        kind = CharField(max_length=10)
        year = SmallIntegerField(default=0)
        value = CharField(max_length=300)
        unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT")
        project = ForeignKeyField(Project, null=True, on_delete="RESTRICT")
        category = ForeignKeyField(BudgetCategory, null=True, on_delete="RESTRICT")
        meant = CharField(max_length=20, default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "code_map"
            constraints = [
                Check("kind IN ('unit', 'project', 'category', 'nature', 'code')"),
                Check("kind <> 'unit' OR unit_id IS NOT NULL", name="codemap_unit"),
                Check("kind <> 'category' OR category_id IS NOT NULL", name="codemap_category"),
                Check("kind <> 'nature' OR meant IN ('recurrent', 'investment')", name="codemap_nature"),
                Check("kind <> 'code' OR length(meant) = 20", name="codemap_code"),
            ]
            indexes = ((("kind", "year", "value"), True),)

    class ImportLine(Model):
        batch = ForeignKeyField(ImportBatch, on_delete="CASCADE")
        sheet = CharField(max_length=100, default="")
        row = IntegerField()
        month = SmallIntegerField(null=True)
        code = CharField(max_length=20, default="")
        name = CharField(max_length=300, default="")
        said_unit = CharField(max_length=300, default="")
        said_project = CharField(max_length=300, default="")
        said_category = CharField(max_length=300, default="")
        said_nature = CharField(max_length=300, default="")
        act = BigIntegerField(null=True)
        after_transfers = BigIntegerField(null=True)
        received = BigIntegerField(null=True)
        disbursed = BigIntegerField(null=True)
        ordered = BigIntegerField(null=True)
        reserved = BigIntegerField(null=True)
        line_code = CharField(max_length=20, default="")
        unit = ForeignKeyField(Unit, null=True, on_delete="RESTRICT")
        project = ForeignKeyField(Project, null=True, on_delete="RESTRICT")
        category = ForeignKeyField(BudgetCategory, null=True, on_delete="RESTRICT")
        nature = CharField(max_length=12, default="")
        lacks = CharField(max_length=60, default="")
        is_matched = BooleanField(default=False)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "import_line"
            indexes = ((("batch", "is_matched"), False),)

    return [BudgetLine, ImportBatch], [MoneySum, CodeMap, ImportLine]
