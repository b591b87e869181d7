"""The application factory: settings in, a Flask application out, nothing read at import."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, request

from app import api, auditing, csrf, errors, guard, pages, security
from app.api.events import Streams
from app.api.health import MISSED_BEATS
from app.api.readiness import StoreProbe
from app.current import services
from app.metrics import Metrics
from app.observation import observe
from app.peers import Forwarded
from app.provider import Provider
from app.proxies import proxy_of
from app.rates import Rates
from app.request import FIELD_BYTES, FORM_PARTS, OVERHEAD_BYTES, UploadRequest, refuse_too_much
from app.services import Services, open_services
from app.settings import ServeSettings
from app.tiles import Tiles
from app.visitors import KEPT_DAYS, SignedCookie, remember_visitor

PAGES = frozenset(blueprint.name for blueprint in pages.BLUEPRINTS)


def build(settings: ServeSettings) -> Flask:
    """The application on services of its own; the database must have been migrated."""
    services = open_services(settings)
    app = Flask("app")
    app.request_class = UploadRequest
    app.session_interface = SignedCookie()
    app.debug = False  # whatever FLASK_DEBUG says: the debugger runs code
    _configure(app, settings)
    _extend(app, services)
    for blueprint in (*api.BLUEPRINTS, *pages.BLUEPRINTS):
        app.register_blueprint(blueprint)
    errors.register(app)
    observe(app)
    auditing.register(app)
    app.before_request(security.refuse_other_sites)
    guard.register(app)
    app.before_request(refuse_too_much)
    csrf.register(app)
    app.before_request(_welcome)
    app.after_request(security.protect)
    app.after_request(_hear_out)
    if settings.trusted_proxies:
        app.wsgi_app = Forwarded(  # type: ignore[method-assign]
            app.wsgi_app, proxies=settings.trusted_proxies, addresses=settings.proxy_addresses
        )
    return app


def _configure(app: Flask, settings: ServeSettings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key or security.secret_key(settings.data_dir),
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
        MAX_CONTENT_LENGTH=settings.max_bytes + OVERHEAD_BYTES,
        MAX_FORM_MEMORY_SIZE=FIELD_BYTES,
        MAX_FORM_PARTS=FORM_PARTS,
        SESSION_COOKIE_NAME="colormapper",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=KEPT_DAYS),
    )


def _extend(app: Flask, services: Services) -> None:
    settings = services.settings
    app.extensions["services"] = services
    app.extensions["streams"] = Streams(settings.web_threads // 3)
    app.extensions["tiles"] = Tiles(services)
    app.extensions["store_probe"] = StoreProbe(services)
    app.extensions["provider"] = _provider(settings)
    app.extensions["proxy"] = proxy_of(settings)
    app.extensions["rates"] = Rates(uploads_per_minute=settings.uploads_per_minute)
    app.extensions["metrics"] = Metrics(
        services.queue,
        services.transfers,
        settings.data_dir,
        worker_seen_s=MISSED_BEATS * settings.heartbeat_s,
    )


def _provider(settings: ServeSettings) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    return Provider(
        settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
    )


def _welcome() -> None:
    is_local = services().settings.mode == "local"
    if is_local and request.method == "GET" and request.blueprint in PAGES:
        remember_visitor()


def _hear_out(response: Response) -> Response:
    response.call_on_close(request.body.finish)  # type: ignore[attr-defined]
    return response
