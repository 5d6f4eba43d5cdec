"""A real web server on loopback that speaks the usual JSON form of embeddings, well or badly."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WIDTH = 8

Answer = tuple[int, bytes]


def vector(text: str, width: int = WIDTH) -> list[float]:
    """Return the vector that the server has for a text; not of length 1."""
    return [byte - 127.5 for byte in hashlib.sha256(text.encode()).digest()[:width]]


def rows(texts: list[str], width: int = WIDTH) -> list[dict[str, Any]]:
    return [{"index": i, "embedding": vector(text, width)} for i, text in enumerate(texts)]


def good(texts: list[str]) -> Answer:
    return 200, json.dumps({"object": "list", "data": rows(texts), "usage": {}}).encode()


class EmbeddingsServer:
    """Answers until it is closed; `answers` says how the next requests go, `good` after them.

    `hangs` and `trickles` in place of an answer: nothing, or a header without an end, until it
    is closed.
    """

    def __init__(self) -> None:
        """Start, and take requests."""
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[Callable[[list[str]], Answer] | str] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1/embeddings"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.01))
        self._thread.start()

    def texts(self) -> list[list[str]]:
        """Return what was asked, request by request."""
        return [one["input"] for one in self.requests]

    def close(self) -> None:
        """Stop; requests that hang are let go."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _next(self, headers: dict[str, str], body: bytes) -> Callable[[list[str]], Answer] | str:
        with self._lock:
            self.headers.append(headers)
            self.requests.append(json.loads(body))
            return self.answers.pop(0) if self.answers else good

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        ours = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                return

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = ours._next(dict(self.headers), body)
                try:
                    if isinstance(answer, str):
                        self._keep_waiting(trickles=answer == "trickles")
                        return
                    status, content = answer(json.loads(body)["input"])
                    self.send_response(status)
                    if 300 <= status < 400:
                        self.send_header("Location", ours.url)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    self.close_connection = True  # who asked has gone

            def _keep_waiting(self, *, trickles: bool) -> None:
                self.close_connection = True
                if trickles:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not ours.closing.wait(0.02):
                    if trickles:
                        self.wfile.write(b"x")

        return Handler
