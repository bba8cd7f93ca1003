"""The web process: `streamlit run app.py` serves the pages and starts what runs behind them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.models import arrivals, upload_route
from services.processes import launch
from services.processes.doors import Doors
from services.processes.home import code_version
from services.processes.presence import Presence


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Hold the rehearsal's processes while this server lives; its pages can be used before they are up."""
    presence = Presence("rehearsal")
    presence.enter()
    try:
        yield
    finally:
        if await asyncio.to_thread(presence.leave):
            await asyncio.to_thread(_stop_test_servers)


def _stop_test_servers() -> None:
    """End the servers of tests on this machine; start-up does not wait for what they import."""
    from services.models import serving

    serving.stop_all()


def health(_: Request) -> JSONResponse:
    """Answer that the web process lives."""
    return JSONResponse({"web": True})


def ready(_: Request) -> JSONResponse:
    """Answer which of the processes that a rehearsal needs are ready."""
    return JSONResponse({"web": True, **launch.readiness("rehearsal"), "version": code_version()})


app = st.App(
    "pages/frame.py",
    lifespan=lifespan,
    routes=[
        Route("/api/health", health),
        Route("/api/ready", ready),
        *upload_route.routes(arrivals.of_upload),
    ],
    middleware=[Middleware(Doors)],
)
