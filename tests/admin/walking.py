"""What the walks over all screens share: the screens themselves, rows of another office, pictures of the store."""

import itertools

from flask_admin import Admin

from admin_views.base import Screen
from models import ALL, SignIn, Table
from portal import history, scope


def screens(app) -> list[Screen]:
    admin: Admin = app.extensions["admin"][0]
    return [view for view in admin._views if isinstance(view, Screen)]


def foreign(model: type[Table], person) -> Table | None:
    """A row of `model` that this person must not see."""
    seen = scope.narrowed(model.select(model.id), person)
    return model.select().where(model.id.not_in(seen)).order_by(model.id).first()


def own(model: type[Table], person) -> Table | None:
    return scope.narrowed(model.select(), person).order_by(model.id).first()


def counts() -> dict[str, int]:
    return {model.__name__: model.select().count() for model in ALL if model is not SignIn}


def picture(row) -> dict:
    return history.picture(type(row).get_by_id(row.id)) | {"version": getattr(row, "version", None)}


def every_field(model: type[Table], values: dict) -> dict[str, str]:
    """A form that tries to write every column there is, and some there are not."""
    wanted = dict.fromkeys(model._meta.sorted_field_names, "1")
    wanted |= {f"{name}_id": "1" for name in model._meta.sorted_field_names}
    made_up = ["is_admin", "approved", "created_by", "_state", "__class__", "unit__id", "password", "role"]
    return wanted | dict(zip(made_up, itertools.repeat("1"), strict=False)) | values
