"""The domain's fixed lists: kinds of unit, of institution, of money, of work. Stored as their values."""

from __future__ import annotations

from enum import StrEnum


class UnitKind(StrEnum):
    """Central units own forms and projects; the 78 field offices are `provincial`, Bangkok's two included."""

    CENTRAL = "central"
    PROVINCIAL = "provincial"


class ProjectKind(StrEnum):
    """What a plan consists of."""

    OUTPUT = "output"  # ผลผลิต
    PROJECT = "project"  # โครงการ


class Ready(StrEnum):
    """How far a part of the year's plan is made."""

    READY = "ready"
    DIFFERS = "incomplete"  # months do not come to the target, or something below it has no target yet
    LACKING = "lacking"  # a unit that has to plan its months has not
    EMPTY = "no_targets"  # no unit has a target


class Sector(StrEnum):
    """Decides which division reviews an institution."""

    AGRICULTURAL = "agricultural"
    NON_AGRICULTURAL = "non_agricultural"
    FARMER_GROUP = "farmer_group"


class InstitutionKind(StrEnum):
    """What is visited."""

    COOPERATIVE = "cooperative"
    FARMER_GROUP = "farmer_group"
    OCCUPATIONAL_GROUP = "occupational_group"


class InstitutionStatus(StrEnum):
    """Life of an institution."""

    OPERATING = "operating"
    STOPPED = "stopped"
    DISSOLVING = "dissolving"
    DISSOLVED = "dissolved"


class Grade(StrEnum):
    """Yearly standard grade."""

    EXCELLENT = "excellent"
    VERY_GOOD = "very_good"
    GOOD = "good"
    BELOW = "below"
    NOT_ASSESSED = "not_assessed"


class Nature(StrEnum):
    """Recurrent or investment, from the finance file's own flag."""

    RECURRENT = "recurrent"
    INVESTMENT = "investment"


class TargetKind(StrEnum):
    """Which cabinet target a percentage is: disbursed or spent, of which budget."""

    DISBURSED_OVERALL = "disbursed_overall"
    DISBURSED_RECURRENT = "disbursed_recurrent"
    DISBURSED_INVESTMENT = "disbursed_investment"
    SPENT_OVERALL = "spent_overall"
    SPENT_RECURRENT = "spent_recurrent"
    SPENT_INVESTMENT = "spent_investment"


class Certainty(StrEnum):
    """How sure a piece of reference data is; what is `inferred` prints with that mark."""

    SOURCED = "sourced"
    DERIVED = "derived"
    SECOND_HAND = "second_hand"
    INFERRED = "inferred"


class PeriodKind(StrEnum):
    """How often something is owed."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Duty(StrEnum):
    """What a deadline is for."""

    REPORT = "report"  # offices: forms
    VISITS = "visits"  # offices: visit records
    CHECK = "check"  # divisions: forms and visits
    CONSOLIDATE = "consolidate"  # planning: the department's summary
    OUTCOME = "outcome"  # divisions: outcome and indicators of a quarter
    BOOK = "book"  # divisions: year book approved by the Director-General
    HANDOFF = "handoff"  # planning: figures handed to an outside system


class ObligationState(StrEnum):
    """Whether something owed is still owed."""

    OPEN = "open"
    MET = "met"
    WAIVED = "waived"


class FormState(StrEnum):
    """Life of a form version: a published one never changes."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Mark(StrEnum):
    """What an answer says. No answer row at all = not reported."""

    VALUE = "value"
    NOT_APPLICABLE = "not_applicable"


class PlanState(StrEnum):
    """A visit plan before and after its head of office approved it."""

    DRAFT = "draft"
    APPROVED = "approved"


class VisitState(StrEnum):
    """Where a visit record stands with its reviewing division."""

    RECORDED = "recorded"
    VERIFIED = "verified"
    RETURNED = "returned"


class ActionState(StrEnum):
    """How an agreed action stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class RemarkKind(StrEnum):
    """What an auditor found."""

    OBSERVATION = "observation"
    DEFECT = "defect"


class RemarkState(StrEnum):
    """How far an auditor's remark is mended."""

    OPEN = "open"
    MENDING = "mending"
    SETTLED = "settled"


class Place(StrEnum):
    """How a visit took place."""

    ON_SITE = "on_site"
    ONLINE = "online"


class RunKind(StrEnum):
    """What a run makes."""

    PACK = "pack"
    BOOK = "book"
    IMPORT = "import"
    EXPORT = "export"


class EntryKind(StrEnum):
    """What a line of a table of contents is."""

    PART = "part"
    CHAPTER = "chapter"
    TEXT = "text"
    PHOTOGRAPHS = "photographs"


class ScheduleDay(StrEnum):
    """From which day a schedule counts: one of the month, or the calendar's own for consolidation."""

    DAY = "day"
    DUTY = "duty"


class RunState(StrEnum):
    """Where a run stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class EditionState(StrEnum):
    """Standing of a printed edition."""

    DRAFT = "draft"
    FOR_MEETING = "for_meeting"
    FINAL = "final"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


class BatchState(StrEnum):
    """Where a file that is taken in stands."""

    WAITING = "waiting"
    STAGED = "staged"  # read, its preview there, nothing changed
    ACCEPTED = "accepted"  # a person said yes; being taken in
    TAKEN = "taken"
    REFUSED = "refused"
    UNDOING = "undoing"  # a person said so; being undone
    UNDONE = "undone"


class MoneySide(StrEnum):
    """By what the year's money is added up."""

    UNIT = "unit"
    PROJECT = "project"
    CATEGORY = "category"
    BOTH = "unit_project"


class MapKind(StrEnum):
    """What a code or name of a finance file is mapped to."""

    UNIT = "unit"
    PROJECT = "project"
    CATEGORY = "category"
    NATURE = "nature"
    CODE = "code"  # a name that stands for a budget code
