"""Running the web application until it is told to stop.

On SIGTERM or SIGINT no new request is taken, those who wait for an answer are sent home with what
is known, requests under way end, and the operation is closed. Nothing is cut off in the middle of a
write.
"""

from __future__ import annotations

import ipaddress
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn

from handraise.service.logs import Log
from handraise.service.wiring import Operation
from handraise.web.app import create_app

if TYPE_CHECKING:
    from handraise.service.access.openid import OpenId

log = Log(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE_S = 20


def serve(
    operation: Operation,
    host: str,
    port: int,
    *,
    on_started: Callable[[int], None] | None = None,
    run_worker: bool = True,
) -> None:
    """Serve API, pages and worker until SIGTERM or SIGINT; then close the operation.

    Args:
        operation: what `handraise.service.wiring.assemble` returned.
        host: the address to listen on.
        port: the port; 0 for any free one.
        on_started: called once with the port, when requests are taken.
        run_worker: whether the worker runs in this process too.
    """
    if _is_open_without_https(operation, host):
        log.warning(
            "serve.without_https",
            host=host,
            base_url=operation.settings.address,
            remedy="put it behind HTTPS and set HANDRAISE_BASE_URL=https://...",
        )
    operation.tell_address()
    app = create_app(operation, run_worker=run_worker)
    threading.Thread(target=_look_at_provider, args=(app.state.site.openid,), daemon=True).start()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # who is believed about where a request comes from: our own setting
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    try:
        _Server(config, app.state.site.watcher.stop, on_started).run()
    finally:
        operation.close()


def _look_at_provider(openid: OpenId | None) -> None:
    """Say at the start that nobody can sign in at the OpenID provider, if it is so."""
    if openid is not None and (trouble := openid.look()):
        log.warning(
            "serve.openid_unreachable",
            issuer=openid.issuer,
            why=trouble,
            remedy="see whether it is up, and HANDRAISE_OPENID_ISSUER right; links still work",
        )


def _is_open_without_https(operation: Operation, host: str) -> bool:
    if operation.settings.address.startswith("https://") or host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


class _Server(uvicorn.Server):
    """A server that sends waiting requests home first, and leaves the process to its caller."""

    def __init__(
        self,
        config: uvicorn.Config,
        send_home: Callable[[], None],
        on_started: Callable[[int], None] | None,
    ) -> None:
        super().__init__(config)
        self._send_home = send_home
        self._on_started = on_started

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started and self._on_started is not None:
            self._on_started(self.servers[0].sockets[0].getsockname()[1])

    async def shutdown(self, sockets: Any = None) -> None:
        self._send_home()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals while serving; unlike uvicorn's own, never raise them again."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self._on_signal) for one in SIGNALS}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True
