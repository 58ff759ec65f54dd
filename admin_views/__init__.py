"""How staff keep the records: the menu, one line a screen."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_admin import Admin

from admin_views import (
    books,
    budget,
    cooperatives,
    forms,
    handoff,
    imports,
    notices,
    people,
    periods,
    plans,
    runs,
    submissions,
    tokens,
    trail,
    units,
    visits,
    webhooks,
    workbooks,
)
from portal.web import contents, designer, form_files, home, matrix, publishing, reports, review, versions
from portal.web import notices as news
from portal.web import submissions as filling_in
from portal.web import tokens as api
from portal.web import visits as visit_pages
from portal.web import workbooks as excel
from portal.web.agreed import ActionsPage
from portal.web.checking import CheckPage as VisitCheckPage
from portal.web.coverage import CoveragePage
from portal.web.handoff import HandoffPage
from portal.web.handoff_map import HandoffMapPage
from portal.web.imports import ImportsPage
from portal.web.language import lazy
from portal.web.money import MoneyPage
from portal.web.passports import PassportPage
from portal.web.plan_books import PlanBooksPage
from portal.web.plan_tree import PlanTreePage
from portal.web.plan_versions import PlanVersionsPage
from portal.web.progress import ProgressPage
from portal.web.registry import RegistryPage
from portal.web.story import StoryPage
from portal.web.visit_plans import VisitPlansPage

WORK, RESULTS, PLANS, REGISTRY = lazy("Work"), lazy("Reporting"), lazy("Plans and budget"), lazy("Registry")
CALENDAR, REFERENCE, SYSTEM = lazy("Calendar and forms"), lazy("Reference data"), lazy("System")

TRANSLATIONS = Path(__file__).resolve().parent.parent / "portal" / "translations"


def register(app: Flask) -> Admin:
    """Put every page and screen into the menu of `app`, in the order people meet them."""
    admin = Admin(
        app,
        name="CPD",
        index_view=home.HomePage(lazy("My work today"), WORK),
        translations_path=str(TRANSLATIONS),
    )
    for view in (
        visit_pages.VisitsPage(lazy("Visits of the month"), WORK),
        VisitCheckPage(lazy("Visits to verify"), WORK),
        VisitPlansPage(lazy("Plan of visits"), WORK),
        ActionsPage(lazy("Agreed actions"), WORK),
        CoveragePage(lazy("Coverage of visits"), RESULTS),
        StoryPage(lazy("The institution's story"), REGISTRY),
        RegistryPage(lazy("Registry from a spreadsheet"), REGISTRY),
        reports.ReportsPage(lazy("Packs and books"), WORK),
        excel.WorkbooksPage(lazy("Excel workbooks"), WORK),
        matrix.MatrixPage(lazy("Matrix of reports"), RESULTS),
        review.ReviewPage(lazy("Check reports"), WORK),
        submissions.SubmissionScreen(lazy("Reports of offices"), RESULTS),
        submissions.UnlockRequestScreen(lazy("Requests to open"), RESULTS),
        submissions.ReopeningScreen(lazy("Open again"), RESULTS),
        periods.ObligationScreen(lazy("Who owes what"), RESULTS),
        visits.VisitScreen(lazy("Visits"), RESULTS),
        visits.VisitPlanScreen(lazy("Visit plans"), RESULTS),
        visits.VisitPlanLineScreen(lazy("Planned visits by month"), RESULTS),
        submissions.CommentScreen(lazy("Remarks"), RESULTS),
        workbooks.SentWorkbookScreen(lazy("Workbooks sent in"), RESULTS),
        cooperatives.CooperativeScreen(lazy("Cooperatives and groups"), REGISTRY),
        cooperatives.CooperativeYearScreen(lazy("Strength and grade"), REGISTRY),
        cooperatives.AuditorRemarkScreen(lazy("Auditor's remarks"), REGISTRY),
        PlanTreePage(lazy("Plan tree"), PLANS),
        ProgressPage(lazy("Progress"), PLANS),
        plans.ProjectScreen(lazy("Projects"), PLANS),
        plans.ActivityScreen(lazy("Activities"), PLANS),
        plans.IndicatorScreen(lazy("Indicators"), PLANS),
        plans.TargetScreen(lazy("Targets"), PLANS),
        plans.MonthPlanScreen(lazy("Monthly plans"), PLANS),
        plans.ProjectBudgetScreen(lazy("Budgets of projects"), PLANS),
        plans.PlanVersionScreen(lazy("Approved plans"), PLANS),
        budget.BudgetLineScreen(lazy("Budget lines"), PLANS),
        budget.DisbursementScreen(lazy("Disbursements"), PLANS),
        MoneyPage(lazy("Disbursement against targets"), PLANS),
        ImportsPage(lazy("Finance files"), PLANS),
        imports.ImportLineScreen(lazy("Lines of finance files"), PLANS),
        imports.ImportBatchScreen(lazy("Files taken in"), SYSTEM),
        HandoffPage(lazy("Hand-off to other systems"), PLANS),
        handoff.DispatchScreen(lazy("Dispatches"), PLANS),
        periods.PeriodScreen(lazy("Periods"), CALENDAR),
        periods.DeadlineScreen(lazy("Deadlines"), CALENDAR),
        periods.HolidayScreen(lazy("Holidays"), CALENDAR),
        designer.DesignerPage(lazy("Form designer"), CALENDAR),
        forms.FormScreen(lazy("Report forms"), CALENDAR),
        forms.FormVersionScreen(lazy("Form versions"), CALENDAR),
        forms.FormAssignmentScreen(lazy("Who owes a form"), CALENDAR),
        units.UnitScreen(lazy("Offices and divisions"), REFERENCE),
        units.ProvinceScreen(lazy("Provinces"), REFERENCE),
        units.RegionScreen(lazy("Regions"), REFERENCE),
        plans.FiscalYearScreen(lazy("Fiscal years"), REFERENCE),
        plans.PlanScreen(lazy("Plans"), REFERENCE),
        plans.MeasureUnitScreen(lazy("Units of measure"), REFERENCE),
        cooperatives.CooperativeTypeScreen(lazy("Kinds of cooperative"), REFERENCE),
        visits.VisitActivityScreen(lazy("Kinds of promotion work"), REFERENCE),
        budget.BudgetCategoryScreen(lazy("Budget categories"), REFERENCE),
        budget.DisbursementTargetScreen(lazy("Disbursement targets"), REFERENCE),
        imports.CodeMapScreen(lazy("Codes of finance files"), REFERENCE),
        handoff.HandoffMapScreen(lazy("Mappings of other systems"), REFERENCE),
        handoff.KeyedRowScreen(lazy("Rows keyed elsewhere"), REFERENCE),
        people.PersonScreen(lazy("People"), SYSTEM),
        people.SignInScreen(lazy("Sign-ins"), SYSTEM),
        runs.RunScreen(lazy("Runs"), SYSTEM),
        runs.EditionScreen(lazy("Editions"), SYSTEM),
        contents.ContentsPage(lazy("Tables of contents"), CALENDAR),
        books.ScheduleScreen(lazy("Schedules of packs and books"), CALENDAR),
        books.ScheduleTurnScreen(lazy("What schedules asked for"), SYSTEM),
        books.MailingListScreen(lazy("Mailing lists"), SYSTEM),
        books.MailingAddressScreen(lazy("Addresses of mailing lists"), SYSTEM),
        books.SendingScreen(lazy("Editions sent"), SYSTEM),
        books.BookOutlineScreen(lazy("Tables of contents set"), SYSTEM),
        books.BookEntryScreen(lazy("Lines of tables of contents"), SYSTEM),
        books.BookPhotoScreen(lazy("Photographs of books"), SYSTEM),
        notices.NoticeScreen(lazy("Notices"), SYSTEM),
        api.ApiPage(lazy("API for programs"), SYSTEM),
        tokens.TokenScreen(lazy("Tokens of the API"), SYSTEM),
        webhooks.WebhookScreen(lazy("Webhooks"), SYSTEM),
        webhooks.WebhookDeliveryScreen(lazy("Messages to outside systems"), SYSTEM),
        trail.AuditEntryScreen(lazy("Audit trail"), SYSTEM),
        trail.RevisionScreen(lazy("Revisions"), SYSTEM),
    ):
        admin.add_view(view)
    for page in (
        PassportPage(),
        filling_in.AnswersPage(),
        news.NoticesPage(),
        publishing.PublishPage(),
        versions.VersionsPage(),
        form_files.ImportPage(),
        PlanVersionsPage(),
        PlanBooksPage(),
        HandoffMapPage(),
    ):
        admin.add_view(page)
    return admin
