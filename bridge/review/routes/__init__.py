"""The addresses of the page's server, a module a subject; together they are the application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bridge.errors import DawscribeError, StoreError
from bridge.plugins.interfaces import Context, JobService
from bridge.review.edit_log import ConflictError
from bridge.review.guard import Session
from bridge.review.hub import Hub
from bridge.review.routes.again import AgainRoutes
from bridge.review.routes.files import FileRoutes
from bridge.review.routes.job import JobRoutes
from bridge.review.routes.opened import OpenJobs
from bridge.review.routes.page import PageRoutes
from bridge.review.routes.sounds import SoundRoutes
from bridge.review.routes.versions import VersionRoutes


def application(service: JobService, context: Context, session: Session) -> tuple[Starlette, Hub]:
    """Return the application and the hub that keeps its pages up to date."""
    opened = OpenJobs(service, context)
    service.watch(opened.hub.status)
    subjects = (
        PageRoutes(session),
        JobRoutes(opened),
        AgainRoutes(opened),
        VersionRoutes(opened),
        FileRoutes(opened),
        SoundRoutes(opened),
    )
    app = Starlette(
        routes=[route for subject in subjects for route in subject.table()],
        exception_handlers={DawscribeError: _sentence, Exception: _fault},
    )
    app.router.redirect_slashes = False
    return app, opened.hub


async def _sentence(request: Request, error: Exception) -> Response:
    """Answer an error with its sentence."""
    status = 409 if isinstance(error, ConflictError) else 507 if isinstance(error, StoreError) else 400
    return JSONResponse({"message": str(error), "code": getattr(error, "code", "")}, status)


async def _fault(request: Request, error: Exception) -> Response:
    """Answer a fault of ours; the server logs it."""
    return JSONResponse({"message": "This failed inside dawscribe; 'dawscribe logs' has the details."}, 500)
