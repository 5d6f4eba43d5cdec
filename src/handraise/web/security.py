"""The site's defences: headers on every answer, cookies, tokens in forms, bounded bodies.

An agent's key is read from `Authorization` only, a person's session from the cookie only; neither
is ever looked for in the other place. Nothing here may be left out for one page.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handraise.errors import AccessError, InputError, SignInError
from handraise.model import AgentKey
from handraise.web.problems import PROGRAM_PATHS, as_page, problem
from handraise.web.site import Site, in_thread, site_of

MAX_BODY_BYTES = 1024 * 1024
MAX_FIELDS = 2_000
CACHED_PATHS = frozenset(
    {"/api/v1/keys.json", "/manifest.webmanifest", "/service-worker.js", "/offline"}
)
"""What says itself how long it may be kept: there is nothing of anybody in it."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), "
        "publickey-credentials-create=(self), publickey-credentials-get=(self)"
    ),
}


class SecurityHeaders:
    """Puts the headers on every answer that passes."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        """Wrap an application."""
        self.app = app
        self.headers = dict(HEADERS)
        if is_https:
            self.headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self.headers)
                is_static = scope["path"].startswith("/static/")
                if scope["path"] not in CACHED_PATHS or message["status"] != HTTPStatus.OK:
                    headers["Cache-Control"] = "no-cache" if is_static else "no-store"
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class OwnHost:
    """Turns away pages that are asked for under an address that is not ours.

    Programs are not: what they show (a key, nothing) is bound to no address, and they may reach the
    server by a name of its inner network.
    """

    def __init__(self, app: ASGIApp, *, address: str, host: str) -> None:
        """Wrap an application.

        Args:
            app: what is served.
            address: where people reach the pages.
            host: what the server binds to: this machine is let in where that is it.
        """
        self.app = app
        self.address = address
        self.hosts = {str(urlsplit(address).hostname)}
        if host in LOOPBACK or not self.hosts.isdisjoint(LOOPBACK):
            self.hosts |= LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(PROGRAM_PATHS):
            await self.app(scope, receive, send)
            return
        if _host_of(Headers(scope=scope).get("host", "")) in self.hosts:
            await self.app(scope, receive, send)
            return
        found = problem(
            421, "misdirected", "these pages are not reached under this address", self._remedy()
        )
        await as_page(found)(scope, receive, send)

    def _remedy(self) -> str:
        return f"open {self.address}, or let HANDRAISE_BASE_URL say where they are reached"


def _host_of(header: str) -> str:
    """Return the host of a `Host` header, without its port; empty for one that is none."""
    try:
        parts = urlsplit(f"//{header}")
        is_plain = parts.netloc == header and not parts.username and "\\" not in header
        return (parts.hostname or "") if is_plain else ""
    except ValueError:
        return ""


def client_address(request: Request) -> str:
    """Return where a request comes from: the other end of the connection, or what a proxy says.

    A proxy of ours is believed about who stands behind it, and that one, if it is a proxy of ours
    too, about the next; nobody else is, whatever a header says.
    """
    address = request.client.host if request.client else ""
    proxies = [ip_network(one) for one in site_of(request).operation.settings.proxies]
    said = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
    while said and _is_in(address, proxies):
        before = said.pop().strip()
        if not _is_address(before):
            break
        address = before
    return address


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(address: str, networks: list[IPv4Network | IPv6Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in one for one in networks)


async def read_body(request: Request) -> bytes:
    """Return the request's body.

    Raises:
        HTTPException: 413 for more than 1 MiB; the rest is not read.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise HTTPException(413, "the request is larger than 1 MiB")
        parts.append(part)
    return b"".join(parts)


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a submitted form; of a field sent twice, the last.

    Raises:
        InputError: the body is no form of a page.
    """
    body = await read_body(request)
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="replace"
        )
    except ValueError as error:
        raise InputError("this form cannot be read", "go back and send it again") from error
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def is_local_path(path: str) -> bool:
    r"""Return whether a path leads to a page of this site and nowhere else.

    Example:
        >>> (
        ...     is_local_path("/escalations/7"),
        ...     is_local_path("//evil.example"),
        ...     is_local_path("/\\evil"),
        ... )
        (True, False, False)
    """
    if not path.startswith("/") or path.startswith("//") or "\\" in path:
        return False
    if any(not character.isprintable() for character in path):
        return False
    parts = urlsplit(path)
    return not parts.scheme and not parts.netloc


def local_path(path: str | None) -> str:
    """Return the path when it leads to a page of this site, and the inbox otherwise."""
    return path if path and is_local_path(path) and len(path) <= 500 else "/"


def session_cookie(site: Site) -> str:
    """Return the name of the cookie that holds a person's session."""
    return "__Host-handraise" if site.is_https else "handraise"


def visit_cookie(site: Site) -> str:
    """Return the name of the cookie that ties a sign-in form to the browser it was shown in."""
    return "__Host-handraise-visit" if site.is_https else "handraise-visit"


def set_cookie(
    site: Site, response: Response, name: str, value: str, *, max_age_s: int | None
) -> None:
    """Set a cookie that no script reads and no other site's form sends."""
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path="/",
        secure=site.is_https,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(site: Site, response: Response, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(name, path="/", secure=site.is_https, httponly=True, samesite="lax")


def new_visit() -> str:
    """Return a fresh, unguessable name for a visit."""
    return secrets.token_urlsafe(24)


async def signed_in(request: Request) -> tuple[str, str] | None:
    """Return the person's id and their session's cookie, or None for a stranger."""
    site = site_of(request)
    cookie = request.cookies.get(session_cookie(site))
    if not cookie:
        return None
    person = await in_thread(site.operation.door.person, cookie)
    return (person, cookie) if person else None


async def agent_of(request: Request) -> str:
    """Return the agent whose own key was sent.

    Raises:
        SignInError: no key was sent, or it is unknown or revoked.
        AccessError: the key may only report outcomes.
    """
    secret = _secret_of(request)
    return await in_thread(site_of(request).operation.door.agent, secret)


async def key_of(request: Request) -> AgentKey:
    """Return the key that was sent, the agent's own or one that may only report outcomes.

    Raises:
        SignInError: no key was sent, or it is unknown or revoked.
    """
    secret = _secret_of(request)
    return await in_thread(site_of(request).operation.door.key, secret)


async def reporter_of(request: Request) -> str:
    """Return the agent of whose decisions the key that was sent may report outcomes.

    Raises:
        SignInError: no key was sent, or it is unknown or revoked.
    """
    return (await key_of(request)).agent


def _secret_of(request: Request) -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise SignInError(
            "this needs an agent's key",
            "send it as Authorization: Bearer KEY (see `handraise key`)",
        )
    return secret.strip()


async def person_of(request: Request) -> str:
    """Return the person who is signed in, for an endpoint of the API that changes something.

    Raises:
        AccessError: an agent's key was sent, or the request may come from another site.
        SignInError: nobody is signed in.
    """
    if "Authorization" in request.headers:
        raise AccessError(
            "only a person may do this, never an agent's key", "sign in, and answer on the page"
        )
    found = await signed_in(request)
    if found is None:
        raise SignInError("nobody is signed in", "sign in at /sign-in")
    person, cookie = found
    await check_csrf(request, cookie, request.headers.get(CSRF_HEADER, ""))
    return person


async def check_csrf(request: Request, cookie: str, token: str) -> None:
    """Return when the request comes from a page of ours that was shown to this very browser.

    Raises:
        AccessError: it does not, or the page is too old.
    """
    site = site_of(request)
    if not (cookie and _is_of_this_site(request)) or not await in_thread(
        site.operation.door.csrf_ok, cookie, token
    ):
        raise AccessError(
            "this did not come from a page of Handraise that you have open",
            "load the page again, then send it again",
        )


def _is_of_this_site(request: Request) -> bool:
    """Whether a browser says that a request comes from a page of ours, or says nothing of it.

    Our pages send no referrer, so a browser calls the origin of their forms `null`: that says
    nothing, and another origin says that it is not ours.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin", "null")
    host = request.headers.get("Host", "")
    return origin == "null" or (bool(host) and origin.partition("://")[2].lower() == host.lower())
