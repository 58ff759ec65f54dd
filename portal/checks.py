"""What must be true of a whole record before it is written, whichever door it comes through.

Each check takes the row as it would be stored and refuses by raising RuleBroken on the field to mend. They stand
in one list that the one way to write asks itself, so that no door can forget to load them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from models import (
    ALL,
    Activity,
    BudgetLine,
    Cooperative,
    DisbursementTarget,
    FormVersion,
    Indicator,
    MailingAddress,
    MonthPlan,
    Person,
    Project,
    Region,
    Schedule,
    Table,
    Target,
    Unit,
    Visit,
    VisitPlan,
    Webhook,
    address_of,
)
from portal.errors import RuleBroken
from portal.rules.access import OFFICE_ROLES
from portal.rules.editions import SCOPES, ScopeKind
from portal.rules.inputs import check_registration_number
from portal.rules.progress import Aggregation, PartsRule
from portal.rules.schedules import hour
from portal.rules.terms import FormState, InstitutionKind, InstitutionStatus, Sector, UnitKind


def unit_stands_under_another(unit: Unit) -> None:
    """A unit is not its own superior, however far up."""
    seen: set[int] = {unit.id} if unit.id else set()
    above = unit.parent
    while above is not None:
        if above.id in seen:
            raise RuleBroken("A unit cannot stand under itself.", field="parent")
        seen.add(above.id)
        above = above.parent


def role_fits_unit(person: Person) -> None:
    """Reporters and approvers are an office's people; everybody else is central."""
    if (person.role in OFFICE_ROLES) != (person.unit.kind == UnitKind.PROVINCIAL):
        raise RuleBroken(
            "Reporters and approvers belong to a field office, all other roles to a central unit.", field="role"
        )


def project_is_central(project: Project) -> None:
    """A project is owned by a central unit."""
    if project.owner.kind != UnitKind.CENTRAL:
        raise RuleBroken("A project is owned by a central division.", field="owner")


def percentages_are_never_summed(indicator: Indicator) -> None:
    """A value in percent means nothing when it is added up over months or offices."""
    if indicator.measure_unit.is_percentage:
        for name in ("month_rule", "unit_rule"):
            if getattr(indicator, name) == Aggregation.SUM:
                raise RuleBroken("A percentage is never summed: choose last, average or greatest.", field=name)
        if indicator.parts_rule == PartsRule.SUM and _has_parts(indicator):
            raise RuleBroken(
                "A percentage is never the sum of its parts: choose weighted or average.", field="parts_rule"
            )


def _has_parts(indicator: Indicator) -> bool:
    return bool(indicator.id) and Indicator.select().where(Indicator.parent == indicator.id).exists()


def parts_stand_under_a_whole(indicator: Indicator) -> None:
    """What an indicator feeds is of the same year and not itself, however far up, and sums no percentage."""
    seen = {indicator.id} if indicator.id else set()
    above = indicator.parent
    if above is None:
        return
    if above.activity.project.plan.fiscal_year_id != indicator.activity.project.plan.fiscal_year_id:
        raise RuleBroken("A parent indicator belongs to the same fiscal year.", field="parent")
    if above.parts_rule == PartsRule.SUM and above.measure_unit.is_percentage:
        raise RuleBroken("A percentage is never the sum of its parts: choose weighted or average.", field="parent")
    while above is not None:
        if above.id in seen:
            raise RuleBroken("An indicator cannot feed itself.", field="parent")
        seen.add(above.id)
        above = above.parent


def activity_stands_under_its_own_project(activity: Activity) -> None:
    """A sub-activity belongs to the project of its main activity, and not to itself."""
    seen = {activity.id} if activity.id else set()
    above = activity.parent
    while above is not None:
        if above.project_id != activity.project_id:
            raise RuleBroken("The main activity belongs to another project.", field="parent")
        if above.id in seen:
            raise RuleBroken("An activity cannot stand under itself.", field="parent")
        seen.add(above.id)
        above = above.parent


def _decimals_fit(value: Decimal | None, indicator: Indicator) -> None:
    decimals = indicator.measure_unit.decimals
    if value is not None and Decimal(value) != round(Decimal(value), decimals):
        raise RuleBroken("“{text}” has more than {decimals} decimals.", field="value", text=value, decimals=decimals)


def target_fits_its_measure(target: Target) -> None:
    """Half a cooperative cannot be planned."""
    _decimals_fit(target.value, target.indicator)


def month_fits_its_measure(month: MonthPlan) -> None:
    """As for the year's target."""
    _decimals_fit(month.value, month.target.indicator)


def published_version_never_changes(version: FormVersion) -> None:
    """Answers were given to these questions; a change is a new version."""
    there = FormVersion.get_or_none(FormVersion.id == version.id) if version.id else None
    if (
        there is not None
        and there.state != FormState.DRAFT
        and (there.spec != version.spec or there.field_map != version.field_map)
    ):
        raise RuleBroken("A published version never changes. Make a new version of the form.", field="spec")


def institution_is_sound(row: Cooperative) -> None:
    """Number, place, officer and kind of an institution belong together."""
    check_registration_number(row.registration_number)
    if row.unit.province_id != row.province_id:
        raise RuleBroken("This province is not the responsible office's.", field="province")
    if row.officer is not None and row.officer.unit_id != row.unit_id:
        raise RuleBroken("This officer belongs to another office.", field="officer")
    is_group = row.type.sector == Sector.FARMER_GROUP
    if (row.kind == InstitutionKind.FARMER_GROUP) != is_group and row.kind != InstitutionKind.OCCUPATIONAL_GROUP:
        raise RuleBroken("Kind and type do not belong together.", field="type")
    if row.status == InstitutionStatus.DISSOLVED and row.dissolved_on is None:
        raise RuleBroken("Please say when it was dissolved.", field="dissolved_on")
    if row.dissolved_on and row.registered_on and row.dissolved_on < row.registered_on:
        raise RuleBroken("It cannot be dissolved before it was registered.", field="dissolved_on")
    if not re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", row.year_end):
        raise RuleBroken("Write month and day of the accounting year end, like 03-31.", field="year_end")


def plan_is_of_own_institution(row: VisitPlan) -> None:
    """An office plans for its own institutions."""
    if row.cooperative.unit_id != row.unit_id:
        raise RuleBroken("This institution belongs to another office.", field="cooperative")


def visit_is_sound(row: Visit) -> None:
    """A visit was made by the office's own officer, at an institution that existed, and not in the future."""
    if row.cooperative.unit_id != row.unit_id:
        raise RuleBroken("This institution belongs to another office.", field="cooperative")
    if row.officer.unit_id != row.unit_id:
        raise RuleBroken("This officer belongs to another office.", field="officer")
    if row.visited_on > row.recorded_at.date():
        raise RuleBroken("A visit cannot lie in the future.", field="visited_on")
    registered, dissolved = row.cooperative.registered_on, row.cooperative.dissolved_on
    if (registered and row.visited_on < registered) or (dissolved and row.visited_on > dissolved):
        raise RuleBroken("On that day the institution did not exist.", field="visited_on")
    if row.is_unplanned and not row.unplanned_reason.strip():
        raise RuleBroken("A visit outside the plan is welcome; please say why it was made.", field="unplanned_reason")


def budget_code_is_text_of_digits(line: BudgetLine) -> None:
    """20 digits; a spreadsheet that turned them into 2.10E+19 is noticed here at the latest."""
    if not re.fullmatch(r"[0-9]{20}", line.code):
        raise RuleBroken("A budget code has 20 digits, no more and no fewer.", field="code")


def target_is_a_percentage(target: DisbursementTarget) -> None:
    """A target is a share of the year's budget."""
    if not 0 <= Decimal(target.percent) <= 100:
        raise RuleBroken("A percentage lies between 0 and 100.", field="percent")


def webhook_has_an_address(row: Webhook) -> None:
    """Messages go out encrypted, unless an administrator lets them stay inside the house."""
    try:
        url = urlsplit(row.url)
        sound = bool(url.hostname) and url.port != 0 and not url.username
    except ValueError:
        sound = False
    if not sound or url.scheme not in (("https", "http") if row.may_be_private else ("https",)):
        raise RuleBroken("Write an address such as https://example.go.th/hook.", field="url")
    known = {address_of(model) for model in ALL}
    for name in row.records.split():
        if name not in known:
            raise RuleBroken("There is no “{code}”.", field="records", code=name)


def schedule_can_be_kept(row: Schedule) -> None:
    """A schedule names a kind of book, whose it is, and an hour."""
    whose = SCOPES.get(row.book)
    if whose is None:
        raise RuleBroken("There is no book called “{slug}”.", field="book", slug=row.book[:40])
    try:
        hour(row.at)
    except ValueError:
        raise RuleBroken("An hour is written like 15:30.", field="at") from None
    if whose is ScopeKind.NATION:
        if row.scope:
            raise RuleBroken("This book is of the whole department: leave this empty.", field="scope")
    elif row.scope != "*":
        table = Region if whose is ScopeKind.REGION else Unit
        found = table.get_or_none(table.code == row.scope)
        is_office = isinstance(found, Unit) and found.kind == UnitKind.PROVINCIAL
        if found is None or (whose is ScopeKind.OFFICE) != is_office:
            raise RuleBroken("Write the code of one it is made for, or * for all of them.", field="scope")


def address_can_be_written_to(row: MailingAddress) -> None:
    """An address of a list is one for e-mail; which letters are large makes no other address of it."""
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+", row.email):
        raise RuleBroken("This is no address for e-mail, such as name@example.go.th.", field="email")
    row.email = row.email.lower()


CHECKS: dict[type[Table], tuple[Callable[[Any], None], ...]] = {
    Unit: (unit_stands_under_another,),
    Person: (role_fits_unit,),
    Project: (project_is_central,),
    Activity: (activity_stands_under_its_own_project,),
    Indicator: (percentages_are_never_summed, parts_stand_under_a_whole),
    Target: (target_fits_its_measure,),
    MonthPlan: (month_fits_its_measure,),
    FormVersion: (published_version_never_changes,),
    Cooperative: (institution_is_sound,),
    VisitPlan: (plan_is_of_own_institution,),
    Visit: (visit_is_sound,),
    BudgetLine: (budget_code_is_text_of_digits,),
    Webhook: (webhook_has_an_address,),
    Schedule: (schedule_can_be_kept,),
    MailingAddress: (address_can_be_written_to,),
    DisbursementTarget: (target_is_a_percentage,),
}
