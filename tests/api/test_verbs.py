"""Everything a screen can do, by program: each way in which a page changes something is an address of the API too."""

from admin_views.base import Screen
from portal.web.api import described
from tests.admin import walking

# What a page is told, and the operations by which a program says the same.
VERBS = {
    "admin.done": "say_done_obligations",
    "answers.ask": "ask_unlock_obligations",
    "answers.cell": "fill_reports",
    "answers.file": "send_submissions",
    "answers.index": "fill_reports",
    "answers.plan": "plan_months_targets",
    "answers.send": "submit_submissions",
    "answers.settle": "settle_comments",
    "answers.unfile": "take_submissions",
    "contents.add": "add_book_outlines",
    "contents.begin": "begin_book_outlines",
    "contents.change": "write_book_entries take_out_book_entries",
    "contents.reset": "reset_book_outlines",
    "contents.wear": "wear_book_outlines",
    "contents.write": "write_book_entries",
    "designer.draft": "draft_forms",
    "designer.new": "begin_forms",
    "designer.save": "save_form_versions",
    "form_files.take": "take_in_forms",
    "handoff.again": "again_dispatches",
    "handoff.ask": "check_dispatches ask_dispatches",
    "handoff.step": "record_dispatches upload_dispatches acknowledge_dispatches put_aside_dispatches",
    "handoff.tick": "rows_dispatches key_dispatches",
    "handoffmapping.change": "check_dispatches keep_handoff_maps reset_handoff_maps",
    "imports.again": "again_import_batches",
    "imports.codes": "codes_import_batches",
    "imports.refuse": "refuse_import_batches",
    "imports.send": "send_import_batches preview_import_batches",
    "imports.take": "take_import_batches",
    "imports.undo": "undo_import_batches",
    "matrix.remind": "remind_periods",
    "matrix.waive": "waive_obligations",
    "notices.open": "mark_read_notices",
    "notices.read": "mark_read_notices",
    "plan_books.again": "again_import_batches",
    "plan_books.copy": "copy_plan_fiscal_years",
    "plan_books.refuse": "refuse_import_batches",
    "plan_books.send": "send_import_batches preview_import_batches",
    "plan_books.take": "take_import_batches",
    "plan_books.undo": "undo_import_batches",
    "plan_tree.add": "add_plans add_projects add_activities add_indicators",
    "plan_tree.move": "move_projects move_activities move_indicators",
    "plan_tree.remove": "remove_plans remove_projects remove_activities remove_indicators",
    "plan_tree.rename": "change_plans change_projects change_activities change_indicators",
    "plan_tree.shift": "shift_plans shift_projects shift_activities shift_indicators",
    "plan_versions.approve": "approve_plan_fiscal_years",
    "publishing.publish": "save_form_versions publish_form_versions",
    "registry.again": "again_import_batches",
    "registry.refuse": "refuse_import_batches",
    "registry.send": "send_import_batches preview_import_batches",
    "registry.take": "take_import_batches",
    "registry.undo": "undo_import_batches",
    "reports.ask": "ask_runs",
    "reports.cancel": "cancel_runs",
    "reports.retry": "retry_runs",
    "reports.send": "send_editions",
    "reports.step": "finish_editions for_meeting_editions",
    "review.all": "verify_submissions consolidate_submissions",
    "review.close": "end_reopening_reopenings",
    "review.reopen": "reopen_obligations",
    "review.send_back": "send_back_submissions",
    "review.step": "verify_submissions consolidate_submissions",
    "versions.copy": "copy_forms",
    "versions.discard": "discard_form_versions",
    "versions.move": "move_submissions move_back_submissions",
    "visit_check.step": "verify_visits send_back_visits",
    "visit_plans.approve": "approve_visit_plans approve_visit_plans_fiscal_years",
    "visit_plans.cells": "plan_visits_fiscal_years",
    "visit_plans.copy": "copy_visit_plans_fiscal_years",
    "visit_plans.facts": "change_visit_plans",
    "visit_plans.group": "plan_visits_fiscal_years",
    "visits.add_photos": "send_visits",
    "visits.month": "send_visits_periods",
    "visits.record": "add_visits change_visits",
    "visits.remove_photo": "take_visits",
    "visits.settle": "settle_action_visits",
    "workbooks.send": "fill_reports bring_reports",
    "workbooks.take": "fill_reports bring_reports",
}  # fmt: skip

# What is a person's alone, or a screen's.
SCREENS_ALONE = {
    "apipage.issue": "a token does not beget tokens: whoever has found one could keep a way in for ever",
    "change_language": "a program says its language with each request",
    "contents.take_photo": "a photograph comes with the consent of who is on it, which a person has looked at",
    "contents.take_photo_out": "as above",
    "designer.preview": "draws the page of a form; the same faults come with the answer of saving a draft",
    "notices.mail": "how a person wants to be told",
    "sign_in.change_password": "passwords are of people; programs have tokens",
    "sign_in.enter": "as above",
    "sign_in.leave": "as above",
    "sign_in.use_link": "as above",
}
OF_EVERY_SCREEN = {"index_view", "create_view", "edit_view", "delete_view", "action_view", "ajax_update"}


def test_what_a_page_changes_a_program_changes(app, database):
    document = described.document(app)
    operations = {each["operationId"] for methods in document["paths"].values() for each in methods.values()}
    pages = {
        rule.endpoint for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and not rule.rule.startswith("/api/")
        and rule.endpoint.rpartition(".")[2] not in OF_EVERY_SCREEN
    }  # fmt: skip

    assert pages == {*VERBS, *SCREENS_ALONE}
    lacking = {page: name for page, names in VERBS.items() for name in names.split() if name not in operations}
    assert lacking == {}


def test_every_button_of_a_screen_is_a_step_of_its_record(app, database):
    document = described.document(app)
    operations = {each["operationId"] for methods in document["paths"].values() for each in methods.values()}

    lacking = set()
    for screen in walking.screens(app):
        assert isinstance(screen, Screen)
        name = app.extensions["portal_resources"]
        resource = next(one for one in name.values() if one.screen is screen)
        for verb in screen.steps:
            wanted = "remove" if verb == "delete" else verb
            if f"{wanted}_{resource.name.replace('-', '_')}" not in operations:
                lacking.add(f"{wanted} {resource.name}")
    assert lacking == set()
