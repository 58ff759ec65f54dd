"""Every table of the portal, in the order one would tell the story.

    places and people        Region Province Unit Person SignIn PasswordLink
    plans                    FiscalYear MeasureUnit Plan Project Activity Indicator Target MonthPlan
    calendar and forms       Holiday Period Deadline Form FormVersion FormAssignment
    obligations, submissions Obligation Submission Answer Comment Reopening UnlockRequest Attachment
    cooperatives and visits  CooperativeType Cooperative CooperativeYear AuditorRemark
                             VisitActivity VisitPlan VisitPlanLine Visit VisitWork VisitOfficer
    money                    BudgetCategory DisbursementTarget BudgetLine Disbursement MoneySum CodeMap ImportLine
                             ProjectBudget PlanVersion
    machines                 Run RunStep Edition Notice ImportBatch SentWorkbook
                             StoreFact
    books                    BookOutline BookEntry BookPhoto MailingList MailingAddress Sending Schedule ScheduleTurn
    hand-off                 HandoffMap Dispatch KeyedRow
    doors for machines       ApiToken KeptReply Webhook WebhookDelivery
    memory                   AuditEntry Revision

Each section is a file of portal/tables; everybody imports from here. A table holds columns, keys, constraints,
`__str__`, and facts about one row that need no query.
Money is whole satang. Other quantities are Decimals with four decimals. Days and moments are Bangkok's.
"""

from __future__ import annotations

from portal.tables.books import (
    BookEntry,
    BookOutline,
    BookPhoto,
    MailingAddress,
    MailingList,
    Schedule,
    ScheduleTurn,
    Sending,
)
from portal.tables.calendar import (
    Deadline,
    Form,
    FormAssignment,
    FormVersion,
    Holiday,
    Period,
)
from portal.tables.columns import SCALE, Kept, NumberField, Table, ThaiJSONField, address_of, db, text_of
from portal.tables.doors import (
    ApiToken,
    KeptReply,
    Webhook,
    WebhookDelivery,
)
from portal.tables.handoff import Dispatch, HandoffMap, KeyedRow
from portal.tables.machines import (
    Edition,
    ImportBatch,
    Notice,
    Run,
    RunStep,
    SentWorkbook,
    StoreFact,
)
from portal.tables.memory import (
    AuditEntry,
    Revision,
)
from portal.tables.money import (
    BudgetCategory,
    BudgetLine,
    CodeMap,
    Disbursement,
    DisbursementTarget,
    ImportLine,
    MoneySum,
)
from portal.tables.places import (
    PasswordLink,
    Person,
    Province,
    Region,
    SignIn,
    Unit,
)
from portal.tables.planning import PlanVersion, ProjectBudget
from portal.tables.plans import (
    Activity,
    FiscalYear,
    Indicator,
    MeasureUnit,
    MonthPlan,
    Plan,
    Project,
    Target,
)
from portal.tables.reports import (
    Answer,
    Attachment,
    Comment,
    Obligation,
    Reopening,
    Submission,
    UnlockRequest,
)
from portal.tables.visits import (
    AuditorRemark,
    Cooperative,
    CooperativeType,
    CooperativeYear,
    Visit,
    VisitActivity,
    VisitOfficer,
    VisitPlan,
    VisitPlanLine,
    VisitWork,
)

__all__ = [
    "ALL",
    "BY_NAME",
    "SCALE",
    "Activity",
    "Answer",
    "ApiToken",
    "Attachment",
    "AuditEntry",
    "AuditorRemark",
    "BookEntry",
    "BookOutline",
    "BookPhoto",
    "BudgetCategory",
    "BudgetLine",
    "CodeMap",
    "Comment",
    "Cooperative",
    "CooperativeType",
    "CooperativeYear",
    "Deadline",
    "Disbursement",
    "DisbursementTarget",
    "Dispatch",
    "Edition",
    "FiscalYear",
    "Form",
    "FormAssignment",
    "FormVersion",
    "HandoffMap",
    "Holiday",
    "ImportBatch",
    "ImportLine",
    "Indicator",
    "Kept",
    "KeptReply",
    "KeyedRow",
    "MailingAddress",
    "MailingList",
    "MeasureUnit",
    "MoneySum",
    "MonthPlan",
    "Notice",
    "NumberField",
    "Obligation",
    "PasswordLink",
    "Period",
    "Person",
    "Plan",
    "PlanVersion",
    "Project",
    "ProjectBudget",
    "Province",
    "Region",
    "Reopening",
    "Revision",
    "Run",
    "RunStep",
    "Schedule",
    "ScheduleTurn",
    "Sending",
    "SentWorkbook",
    "SignIn",
    "StoreFact",
    "Submission",
    "Table",
    "Target",
    "ThaiJSONField",
    "Unit",
    "UnlockRequest",
    "Visit",
    "VisitActivity",
    "VisitOfficer",
    "VisitPlan",
    "VisitPlanLine",
    "VisitWork",
    "Webhook",
    "WebhookDelivery",
    "address_of",
    "db",
    "text_of",
]

ALL: tuple[type[Table], ...] = (
    Region, Province, Unit, Person, SignIn, PasswordLink,
    FiscalYear, MeasureUnit, Plan, Project, Activity, Indicator, Target, MonthPlan,
    Holiday, Period, Deadline, Form, FormVersion, FormAssignment,
    Obligation, Submission, Answer, Comment, Reopening, UnlockRequest,
    CooperativeType, Cooperative, CooperativeYear, AuditorRemark, VisitActivity, VisitPlan, VisitPlanLine, Visit,
    VisitWork, VisitOfficer,
    Attachment,
    BudgetCategory, DisbursementTarget, BudgetLine, Disbursement, MoneySum, ProjectBudget,
    PlanVersion,
    Run, RunStep, Edition, Notice, ImportBatch, CodeMap, ImportLine, SentWorkbook,
    BookOutline, BookEntry, BookPhoto, MailingList, MailingAddress, Sending, Schedule, ScheduleTurn,
    HandoffMap, Dispatch, KeyedRow,
    StoreFact,
    ApiToken, KeptReply, Webhook, WebhookDelivery,
    AuditEntry, Revision,
)  # fmt: skip
BY_NAME: dict[str, type[Table]] = {table.__name__: table for table in ALL}
