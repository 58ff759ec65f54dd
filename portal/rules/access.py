"""Whose records a person sees and may touch."""

from __future__ import annotations

from enum import StrEnum

from portal.errors import NotAllowed


class Role(StrEnum):
    """What a person is in the portal; one a person."""

    ADMIN = "admin"  # information centre: keeps the system and the reference data
    PLANNING = "planning"  # planning division: calendar, consolidation, packs and books
    DIVISION = "division"  # central division: owns forms and projects, verifies
    REPORTER = "reporter"  # field office: fills in
    APPROVER = "approver"  # field office: sends
    EXECUTIVE = "executive"  # reads everything, approves books


OFFICE_ROLES = frozenset({Role.REPORTER, Role.APPROVER})
CENTRAL_ROLES = frozenset(Role) - OFFICE_ROLES

# Which roles may write a table's rows, by the table's name. A table that is not here is written by
# the portal's own verbs only (submissions, runs, the trail ...). Source: shared domain.md section 1.3.
WRITERS: dict[str, frozenset[Role]] = {
    **dict.fromkeys(
        (
            "Region",
            "Province",
            "Unit",
            "Person",
            "MeasureUnit",
            "CooperativeType",
            "BudgetCategory",
            "Holiday",
            "Webhook",
        ),
        frozenset({Role.ADMIN}),
    ),
    **dict.fromkeys(
        ("FiscalYear", "Plan", "Period", "Deadline", "DisbursementTarget", "BudgetLine", "Disbursement", "CodeMap"),
        frozenset({Role.ADMIN, Role.PLANNING}),
    ),
    **dict.fromkeys(
        (
            "Project",
            "ProjectBudget",
            "Activity",
            "Indicator",
            "Target",
            "Form",
            "FormVersion",
            "FormAssignment",
            "VisitActivity",
        ),
        frozenset({Role.ADMIN, Role.PLANNING, Role.DIVISION}),
    ),
    **dict.fromkeys(("MailingList", "MailingAddress", "Schedule"), frozenset({Role.ADMIN, Role.PLANNING})),
    # What an office plans of its own targets, month by month, is the office's to say.
    "MonthPlan": frozenset({Role.ADMIN, Role.PLANNING, Role.DIVISION, Role.APPROVER, Role.REPORTER}),
    "Cooperative": frozenset({Role.ADMIN, Role.APPROVER, Role.REPORTER}),
    "CooperativeYear": frozenset({Role.ADMIN, Role.DIVISION, Role.APPROVER, Role.REPORTER}),
    "AuditorRemark": frozenset({Role.ADMIN, Role.DIVISION, Role.APPROVER, Role.REPORTER}),
    "VisitPlan": frozenset({Role.APPROVER, Role.REPORTER}),
    "VisitPlanLine": frozenset({Role.APPROVER, Role.REPORTER}),
    "Visit": frozenset({Role.APPROVER, Role.REPORTER}),
    "Comment": frozenset(Role) - {Role.EXECUTIVE},
}


def sees_all_units(role: Role) -> bool:
    """Return whether `role` reads every office's records; an office's people read their own office's only."""
    return role in CENTRAL_ROLES


def may_write(role: Role, table: str) -> bool:
    """Return whether `role` may add and change rows of the table named `table` on its screen."""
    return role in WRITERS.get(table, frozenset())


def check_may_write(role: Role, table: str) -> None:
    """Refuse a role that has no business changing this table."""
    if not may_write(role, table):
        raise NotAllowed("You may look at these records but not change them.")


def check_may_touch(role: Role, own_unit: int | None, units: set[int | None]) -> None:
    """Refuse rows of another office. `units` are the units the row belonged to before and after the change."""
    if sees_all_units(role):
        return
    if own_unit is None or units != {own_unit}:
        raise NotAllowed("This record belongs to another office.")
