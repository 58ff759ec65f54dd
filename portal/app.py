"""The web application, put together: settings in, Flask out. Wiring only."""

from __future__ import annotations

from flask import Flask, redirect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

import admin_views
from admin_views.base import Screen
from config import Settings
from portal import database
from portal.web import guard, language, refusals, shell, sign_in
from portal.web.api import resources, routes


def create_app(settings: Settings) -> Flask:
    """Return the portal over the store that `settings` names. Opens no connection yet."""
    database.use(settings.database)
    app = Flask("portal", static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="portal_flash",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.production,
        SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600,
        PORTAL=settings,
    )
    if settings.production:
        # Behind one proxy of our own that sets these; it also ends TLS.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    guard.install(app)
    language.install(app, settings.language)
    sign_in.install(app)
    refusals.install(app)
    shell.install(app)
    admin = admin_views.register(app)
    resources.collect(app, [view for view in admin._views if isinstance(view, Screen)])
    routes.install(app)

    @app.get("/")
    def home() -> Response:
        return redirect("/admin/")

    @app.get("/health/")
    def health() -> tuple[str, int]:
        database.db.execute_sql("SELECT 1")
        return "ok", 200

    return app
