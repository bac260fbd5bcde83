"""The web application of one installation, and the process that serves it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import uvicorn
from litestar import Litestar, Router
from litestar.config.app import AppConfig
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.static_files import (
    create_static_files_router,  # pyright: ignore[reportUnknownVariableType]  # its own annotations are open
)

from tagwatch.access.audit import AuditTrail
from tagwatch.access.enrolment import now
from tagwatch.access.oidc import open_service
from tagwatch.access.page_address import page_address
from tagwatch.access.passkey import Passkeys
from tagwatch.access.sign_in import open_sign_in
from tagwatch.access.tries import Tries
from tagwatch.access.written import nothing
from tagwatch.config import Config
from tagwatch.desk.clerk import Clerk, open_clerk
from tagwatch.engine.child import settle
from tagwatch.notify.answer import open_links
from tagwatch.query.reader import open_projections
from tagwatch.web import pages
from tagwatch.web.answer import IN_ALL_PER_MINUTE, PER_MINUTE
from tagwatch.web.entry import Entry, cookie_name, guard
from tagwatch.web.errors import HANDLERS
from tagwatch.web.foundation import Foundation
from tagwatch.web.headers import add_headers
from tagwatch.web.hosts import KnownHosts, known_names
from tagwatch.web.pace import Pace
from tagwatch.web.render import STATIC, Renderer
from tagwatch.web.route import OPEN, WRITES
from tagwatch.web.stream import Hub
from tagwatch.web.uploads import Uploads

BODY_MOST_BYTES: Final = 2 << 20
"""A drawn zone of many corners is the largest form."""
Routes = Sequence[HTTPRouteHandler | Router]


def create_app(
    config: Config, routes: Routes = pages.ROUTES, clerk: Clerk | None = None
) -> Litestar:
    """Return the web application of the installation in `config.data`.

    `clerk` takes the acts of officers to the journal; None is the receiver's socket.
    Raises sqlalchemy.exc.OperationalError or OSError at start-up if the installation is not there.
    """
    base = open_foundation(config, clerk)
    secure = is_secure(config)
    app = Litestar(
        route_handlers=[*routes, *_static()],
        guards=[guard],
        middleware=[
            DefineMiddleware(KnownHosts, names=known_names(config.web)),
            DefineMiddleware(Entry, exclude=["^/static/", "^/assets/"]),
        ],
        csrf_config=CSRFConfig(
            secret=base.sign_in.csrf_secret,
            cookie_name="__Host-tagwatch-csrf" if secure else "tagwatch-csrf",
            cookie_secure=secure,
            cookie_httponly=True,
            cookie_samesite="strict",
            exclude_from_csrf_key="token_only",
        ),
        exception_handlers=HANDLERS,
        before_send=[add_headers],
        lifespan=[_running],
        state=State({"cookie_name": cookie_name(secure), "secure": secure}),
        request_max_body_size=BODY_MOST_BYTES,
        openapi_config=None,
        on_app_init=[_no_logging],
    )
    stand_on(app, base)
    return app


def stand_on(app: Litestar, base: Foundation) -> None:
    """Let `app`, which does not run, serve the installation that `base` opened, and close it at its
    end. It has the names, addresses and form secret with which it was made."""
    app.state["foundation"] = base
    app.state["hub"] = Hub(base)
    app.state["pace"] = Pace(PER_MINUTE, IN_ALL_PER_MINUTE)
    app.state["tries"] = Tries(base.sign_in.accounts, base.sign_in.csrf_secret)


def open_foundation(config: Config, clerk: Clerk | None = None) -> Foundation:
    """Open the installation in `config.data` for the web process; its `close` lets go of it."""
    projections = open_projections(config)
    sign_in = open_sign_in(config)
    return Foundation(
        config=config,
        projections=projections,
        clerk=clerk or open_clerk(config, projections),
        sign_in=sign_in,
        service=open_service(config.oidc, config.web, sign_in),
        passkeys=Passkeys(sign_in, page_address(config.web)),
        audit=AuditTrail.open(config, "web"),
        renderer=Renderer(),
        links=open_links(config),
        uploads=Uploads(config.uploads_folder, now()),
    )


def is_secure(config: Config) -> bool:
    """Say whether browsers reach the pages over TLS, so that cookies may demand it."""
    return bool(config.web.tls_cert) or config.web.behind_proxy


def run_web(config: Config, started: Callable[[], None] | None = None) -> None:
    """Serve the pages until the process is told to stop. `started` is called when it answers."""
    app = create_app(config)
    if started is not None:
        app.state["started"] = started
    settle()
    uvicorn.Server(uvicorn_config(app, config)).run()


def uvicorn_config(app: Litestar, config: Config) -> uvicorn.Config:
    """Return how uvicorn serves `app`: TLS as configured, forwarded headers only from a proxy."""
    web = config.web
    return uvicorn.Config(
        app,
        host=web.bind,
        port=web.port,
        ssl_certfile=web.tls_cert or None,
        ssl_keyfile=web.tls_key or None,
        proxy_headers=web.behind_proxy,
        forwarded_allow_ips="127.0.0.1,::1",
        server_header=False,
        date_header=True,
        access_log=False,
        log_config=None,
        limit_concurrency=2000,
        backlog=1024,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=32_768,
    )


def _static() -> list[Router]:
    vendor = STATIC / "vendor"
    folders: list[tuple[str, Path]] = [("/static", STATIC), ("/assets", vendor / "assets")]
    return [
        create_static_files_router(
            path=path,
            directories=[folder],
            opt={OPEN: True, WRITES: nothing("scripts, styles and pictures: the same for all")},
            include_in_schema=False,
            name=path,
        )
        for path, folder in folders
        if folder.is_dir()
    ]


@asynccontextmanager
async def _running(app: Litestar) -> AsyncGenerator[None]:
    base: Foundation = app.state["foundation"]
    hub: Hub = app.state["hub"]
    await hub.start()
    if (started := app.state.get("started")) is not None:
        started()
    try:
        yield
    finally:
        await hub.stop()
        base.close()


def _no_logging(app_config: AppConfig) -> AppConfig:
    app_config.logging_config = None
    return app_config
