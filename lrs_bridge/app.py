"""The application: the only place where parts are joined."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g
from flask_bootstrap import Bootstrap5

from lrs_bridge import __version__, settings
from lrs_bridge.flows import single_sign_on
from lrs_bridge.flows.consistency import Consistency
from lrs_bridge.flows.intake import Intake
from lrs_bridge.moments import Clock, system_clock
from lrs_bridge.settings import Settings
from lrs_bridge.store.database import Database
from lrs_bridge.web import (
    alternate_request,
    auth,
    board,
    certificate_pages,
    check_in_pages,
    cookies,
    coordinator,
    cors,
    documents_api,  # noqa: F401  # puts its routes on the blueprint
    errors,
    json_body,
    lookups_api,
    manager_pages,
    my_champion_pages,  # noqa: F401  # puts its routes on the blueprint
    my_data_pages,  # noqa: F401  # puts its routes on the blueprint
    my_pages,
    my_report_pages,  # noqa: F401  # puts its routes on the blueprint
    numbers,
    operator,
    pages,
    refused,
    rest_api,
    sign_in_pages,
    site_visit_pages,
    statements_api,  # noqa: F401  # puts its routes on the blueprint
    sub_path,
    xapi,
)

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


_ONLY_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}


class _App(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """None of ours is a coroutine; asking each at every request takes longer than what most of them do."""
        return func


def create_app(
    settings: Settings,
    database: Database,
    *,
    clock: Clock = system_clock,
    demonstration: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Flask:
    """`demonstration` puts the page with people at “/”, open to whoever reaches it: for invented people on loopback. `environ`: where
    the secrets are that settings name."""
    app = _App("lrs_bridge.web", static_url_path="/static")
    app.url_map.converters["int"] = numbers.NumberConverter
    app.config.update(MAX_CONTENT_LENGTH=settings.max_body_bytes, BOOTSTRAP_SERVE_LOCAL=True)
    app.extensions["lrs_bridge.settings"] = settings
    app.extensions["lrs_bridge.database"] = database
    app.extensions["lrs_bridge.clock"] = clock
    app.extensions["lrs_bridge.providers"] = single_sign_on.providers(settings, environ)
    app.extensions["lrs_bridge.admission"] = auth.Admission(database)
    app.extensions["lrs_bridge.intake"] = Intake(database, clock)
    app.extensions["lrs_bridge.consistency"] = Consistency(database, clock)
    app.wsgi_app = alternate_request.AlternateRequests(app.wsgi_app, settings.max_body_bytes)  # type: ignore[method-assign]  # as Flask documents it
    path = urlsplit(settings.public_url).path
    if path:
        app.wsgi_app = sub_path.UnderPath(app.wsgi_app, path)  # type: ignore[method-assign]  # as above
    Bootstrap5(app)
    errors.register(app)
    cors.attach(app, database, settings.public_url)
    refused.attach(app, database, settings)

    page = pages.demonstration if demonstration else pages.home
    for blueprint, admission in (
        (xapi.blueprint, (auth.require_client, cors.require_origin)),
        (lookups_api.about, (auth.open_to_everybody,)),
        (rest_api.blueprint, (auth.require_client,)),
        (page, (auth.open_to_everybody,)),
        (pages.health, (auth.open_to_everybody,)),
        (sign_in_pages.blueprint, (auth.open_to_everybody, cookies.require_form_of_ours)),
        (manager_pages.blueprint, (auth.open_to_everybody, cookies.require_form_of_ours)),
        (certificate_pages.blueprint, (auth.open_to_everybody,)),
        (site_visit_pages.entrance, (auth.open_to_everybody, cookies.require_form_of_ours)),
        (site_visit_pages.blueprint, (auth.require_site_visitor, cookies.require_form_of_ours)),
        (check_in_pages.blueprint, (auth.open_to_everybody, cookies.require_form_of_ours)),
        (my_pages.blueprint, (auth.require_visitor, cookies.require_form_of_ours)),
        (coordinator.blueprint, (auth.require_coordinator, cookies.require_form_of_ours)),
        (board.blueprint, (auth.require_officer, cookies.require_form_of_ours)),
        (operator.blueprint, (auth.require_operator, cookies.require_form_of_ours)),
    ):
        app.before_request_funcs.setdefault(blueprint.name, [])[:0] = admission
        app.register_blueprint(blueprint)

    app.after_request(json_body.read_to_end)
    app.after_request(cookies.give_browser_token)

    headers = {**_HEADERS, **(_ONLY_HTTPS if settings.public_url.startswith("https://") else {})}

    @app.after_request
    def secure(answer: Response) -> Response:
        set_already = {name.lower() for name, _ in answer.headers}
        for name, value in headers.items():
            if name.lower() not in set_already:
                answer.headers.add(name, value)
        return answer

    @app.context_processor
    def everywhere() -> dict[str, Any]:
        return {
            "version": __version__,
            "url_for_home": settings.public_url,
            "form_token": cookies.form_token,
            "child_contacts": pages.child_contacts,
            "places_of_visitor": pages.places_of_visitor,
            "day_of": pages.day_of,
            "is_signed_in": lambda: "visitor" in g,
        }

    return app


def _end_with(parent: int) -> None:
    """Ends this process when `parent` is gone. A web process left over would hold the port, and go on answering."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def application() -> Flask:
    """What a web process runs: settings from its environment."""
    return _from_environment(demonstration=False)


def demonstration() -> Flask:
    """What a web process of the demonstration runs."""
    return _from_environment(demonstration=True)


def _from_environment(*, demonstration: bool) -> Flask:
    serving = multiprocessing.parent_process()
    if serving is not None and serving.pid is not None:
        _end_with(serving.pid)
    loaded = settings.load(os.environ)
    return create_app(loaded, Database(loaded.database_url), demonstration=demonstration)
