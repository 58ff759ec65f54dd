"""Django REST Framework over the table of visits, as its makers show it: a model, a serializer, a cursor page.

Only for comparison and only where it is installed (`pip install djangorestframework django-filter`).
"""

from __future__ import annotations

import functools
import importlib
import statistics
import time
from typing import Any
from urllib.parse import urlsplit

NUMBERS = ("unit_id", "cooperative_id", "officer_id", "people_met")
TEXTS = ("subject", "findings", "advice", "agreed_action", "state", "place")
COLUMNS = ("id", *NUMBERS, *TEXTS, "visited_on")


def median_ms(address: str, rounds: int, office: int) -> float | None:
    """Return the median milliseconds of a page of 50 visits of one office, newest first; None where it is not there."""
    try:
        django, drf = importlib.import_module("django"), importlib.import_module("rest_framework")
    except ImportError:
        return None
    del drf
    fetch = _client(django, address, office)
    fetch()
    seconds = []
    for _ in range(max(5, rounds // 2)):
        began = time.perf_counter()
        fetch()
        seconds.append((time.perf_counter() - began) * 1000)
    return statistics.median(seconds)


def _client(django: Any, address: str, office: int) -> Any:
    conf = importlib.import_module("django.conf")
    store: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": address}
    if address.startswith("postgres"):
        parts = urlsplit(address)
        store = {
            "ENGINE": "django.db.backends.postgresql", "NAME": parts.path.lstrip("/"), "USER": parts.username,
            "PASSWORD": parts.password or "", "HOST": parts.hostname, "PORT": parts.port or 5432,
        }  # fmt: skip
    if not conf.settings.configured:
        conf.settings.configure(
            DATABASES={"default": store}, SECRET_KEY="plain", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], USE_TZ=False,
            INSTALLED_APPS=["rest_framework"], MIDDLEWARE=[],
            REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
        )  # fmt: skip
        django.setup()
    else:  # another store in the same run
        connections = importlib.import_module("django.db").connections
        connections["default"].close()
        connections.settings["default"] = connections.configure_settings({"default": store})["default"]
        del connections["default"]
    _routes(office)
    importlib.import_module("django.urls").clear_url_caches()
    client = importlib.import_module("django.test").Client()

    def fetch() -> Any:
        answer = client.get("/visits/")
        assert answer.status_code == 200, answer.status_code
        return answer

    return fetch


urlpatterns: list[Any] = []


@functools.cache
def _visit() -> Any:
    models = importlib.import_module("django.db.models")
    fields = {name: models.IntegerField() for name in NUMBERS}
    texts = {name: models.TextField() for name in TEXTS}
    meta = type("Meta", (), {"app_label": "plain", "db_table": "visit", "managed": False})
    held = {**fields, **texts, "visited_on": models.DateField(), "__module__": __name__, "Meta": meta}
    return type("PlainVisit", (models.Model,), held)


def _routes(office: int) -> None:
    serializers = importlib.import_module("rest_framework.serializers")
    pagination = importlib.import_module("rest_framework.pagination")
    viewsets = importlib.import_module("rest_framework.viewsets")
    routers = importlib.import_module("rest_framework.routers")
    visit = _visit()
    described = type("Meta", (), {"model": visit, "fields": "__all__"})
    serializer = type("PlainSerializer", (serializers.ModelSerializer,), {"Meta": described})
    page = type("PlainPage", (pagination.CursorPagination,), {"page_size": 50, "ordering": ("-visited_on", "-id")})
    view = type(
        "PlainView", (viewsets.ReadOnlyModelViewSet,),
        {"queryset": visit.objects.filter(unit_id=office), "serializer_class": serializer, "pagination_class": page},
    )  # fmt: skip
    router = routers.DefaultRouter()
    router.register("visits", view)
    urlpatterns[:] = router.urls
