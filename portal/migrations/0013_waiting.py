"""What waits for a division is found at once, however many years are kept: few of a table's rows, in one state."""

INDEXES = {
    "submission_form_version_id_state_period_id": ("submission", "form_version_id", "state", "period_id"),
    "visit_state_cooperative_id": ("visit", "state", "cooperative_id"),
}


def up(migrator, db):
    for name, (table, *columns) in INDEXES.items():
        listed = ", ".join(f'"{column}"' for column in columns)
        db.execute_sql(f'CREATE INDEX "{name}" ON "{table}" ({listed})')


def down(migrator, db):
    for name in INDEXES:
        db.execute_sql(f'DROP INDEX "{name}"')
