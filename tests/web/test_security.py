"""Headers, cookies, tokens, bounds: what a page must never be without."""

from pathlib import Path

import msgspec
import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

import handraise.web
from handraise.service.wiring import Operation
from handraise.settings import Settings
from handraise.web.app import create_app
from handraise.web.security import HEADERS, MAX_BODY_BYTES, client_address, local_path
from tests.web.support import CSRF, Desk

WEB = Path(handraise.web.__file__).parent
PATHS = [
    "/",
    "/sign-in",
    "/enter/none",
    "/nothing",
    "/static/style.css",
    "/api/v1/table",
    "/metrics",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_headers(path: str, desk: Desk) -> None:
    answer = desk.client.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")


def test_the_policy_allows_nothing_inline(desk: Desk) -> None:
    policy = desk.client.get("/sign-in").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_templates_hold_no_inline_script_or_style_and_nothing_unescaped() -> None:
    for template in sorted((WEB / "templates").glob("*.html")):
        text = template.read_text()
        assert "|safe" not in text.replace(" ", "")
        assert "<style" not in text
        assert " style=" not in text
        assert " on" not in text or not any(
            f" on{name}=" in text for name in ("click", "load", "error")
        )
        assert text.count("<script") == text.count('<script src="/static/')
        assert "autoescape" not in text


def test_a_session_cookie_is_kept_from_scripts_and_other_sites(desk: Desk) -> None:
    link = desk.operation.door.link("dana", "/")
    path = link.removeprefix("http://testserver")
    token = CSRF.search(desk.client.get(path).text)
    assert token is not None
    entered = desk.client.post(path, data={"csrf": token[1]})
    cookie = next(
        one for one in entered.headers.get_list("set-cookie") if one.startswith("handraise=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


def test_over_https_cookies_are_secure_and_bound_to_the_host(operation: Operation) -> None:
    operation.settings = Settings(base_url="https://handraise.example.com", console=True)
    with TestClient(create_app(operation), base_url="https://handraise.example.com") as client:
        answer = client.get("/sign-in")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-handraise-visit=")
    assert "Secure" in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("token", ["", "forged", None])
def test_a_form_without_its_token_is_refused(token: str | None, desk: Desk) -> None:
    escalation = desk.stop()
    session = desk.session("dana")
    form = {"kind": "approve", "digest": escalation.proposal_digest}
    if token is not None:
        form["csrf"] = token
    answer = desk.client.post(
        f"/asks/{escalation.asks[0].id}/answer", headers={"Cookie": session["Cookie"]}, data=form
    )
    assert answer.status_code == 403
    kept = desk.operation.store.escalation(escalation.id)
    assert kept is not None
    assert kept.state == "open"


def test_another_sessions_token_is_refused(desk: Desk) -> None:
    escalation = desk.stop()
    mixed = desk.session("dana") | {"X-CSRF-Token": desk.session("marc")["X-CSRF-Token"]}
    path = f"/asks/{escalation.asks[0].id}/acknowledge"
    assert desk.post(path, mixed).status_code == 403
    assert desk.client.post(f"/api/v1{path}", headers=mixed).status_code == 403


def test_a_form_of_another_site_is_refused_even_with_the_token(desk: Desk) -> None:
    session = desk.session("dana")
    for origin in ("cross-site", "same-site"):
        headers = {"Cookie": session["Cookie"], "Sec-Fetch-Site": origin}
        form = {"csrf": session["X-CSRF-Token"]}
        assert desk.client.post("/sign-out", headers=headers, data=form).status_code == 403


def test_every_form_of_a_page_carries_a_token(desk: Desk) -> None:
    escalation = desk.stop()
    session = desk.session("dana")
    pages = [
        desk.page(path, session).text for path in ("/", f"/escalations/{escalation.id}", "/table")
    ]
    pages += [desk.client.get(path).text for path in ("/sign-in", "/enter/none")]
    for page in pages:
        assert page.count('<form method="post"') == len(CSRF.findall(page)) >= 1


@pytest.mark.parametrize(
    "path", ["/api/v1/decisions", "/sign-in", "/asks/x.1/answer", "/api/v1/work"]
)
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_refused(path: str, announced: bool, desk: Desk) -> None:
    large = b"x" * (MAX_BODY_BYTES + 1)
    content = large if announced else iter([large[:700_000], large[700_000:]])
    answer = desk.client.post(path, headers=desk.key(), content=content)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "",
        "evil", "/\n/evil", "/\t//evil", None, "/" + "x" * 600, "\\\\evil", "///evil",
    ],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_leads_to_the_inbox(path: str | None) -> None:
    assert local_path(path) == "/"


def test_a_path_of_ours_is_kept() -> None:
    assert local_path("/escalations/7?x=1#standing") == "/escalations/7?x=1#standing"


def test_a_crash_says_nothing_of_the_inside(
    operation: Operation, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = desk.key()
    operation.gates = None  # type: ignore[assignment]
    answer = desk.client.get("/api/v1/table", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (
        500,
        "something went wrong on our side",
    )
    assert answer.headers["X-Frame-Options"] == "DENY"
    logged = capsys.readouterr().err
    assert "request.crashed" in logged
    assert headers["Authorization"].removeprefix("Bearer ") not in logged


# Under which address, and from where.


def test_pages_answer_under_their_own_address_only(desk: Desk) -> None:
    for host in ("evil.example", "testserver.evil.example", "testserver@evil.example", "", "[::1"):
        answer = desk.client.get("/sign-in", headers={"Host": host})
        assert answer.status_code == 421, host
        assert "http://testserver" in answer.text
        assert "evil" not in answer.text
        assert "set-cookie" not in answer.headers
        assert answer.headers["X-Frame-Options"] == "DENY"
    for host in ("testserver", "TESTSERVER:8080", "127.0.0.1:8765", "localhost", "[::1]:8765"):
        assert desk.client.get("/sign-in", headers={"Host": host}).status_code == 200, host


def test_this_machine_is_no_address_of_a_server_that_others_reach(operation: Operation) -> None:
    operation.settings = Settings(
        base_url="https://handraise.example.com", host="0.0.0.0", console=True
    )
    with TestClient(create_app(operation), base_url="https://localhost") as client:
        assert client.get("/sign-in").status_code == 421
        for path in ("/health/live", "/metrics", "/api/v1/keys.json", "/schema/openapi.json"):
            assert client.get(path).status_code == 200, "programs reach it by any name"


def test_a_form_of_another_origin_is_refused_where_a_browser_says_no_more(desk: Desk) -> None:
    session = desk.session("dana")
    form = {"csrf": session["X-CSRF-Token"]}
    for origin in ("https://evil.example", "http://testserver.evil.example", "http://"):
        headers = {"Cookie": session["Cookie"], "Origin": origin}
        assert desk.client.post("/sign-out", headers=headers, data=form).status_code == 403
    headers = {"Cookie": session["Cookie"], "Origin": "null"}
    assert desk.client.post("/sign-out", headers=headers, data=form).status_code == 303
    session = desk.session("dana")
    headers = {"Cookie": session["Cookie"], "Origin": "http://testserver"}
    form = {"csrf": session["X-CSRF-Token"]}
    assert desk.client.post("/sign-out", headers=headers, data=form).status_code == 303


@pytest.mark.parametrize(
    ("proxies", "said", "address"),
    [
        ((), ["192.0.2.7"], "testclient"),
        (("203.0.113.0/24",), ["192.0.2.7"], "192.0.2.7"),
        (("203.0.113.0/24",), ["6.6.6.6, 192.0.2.7"], "192.0.2.7"),
        (("203.0.113.0/24",), ["6.6.6.6", "192.0.2.7"], "192.0.2.7"),
        (("203.0.113.0/24", "10.0.0.0/8"), ["6.6.6.6, 192.0.2.7, 10.0.0.9"], "192.0.2.7"),
        (("203.0.113.0/24",), ["who knows"], "203.0.113.5"),
        (("203.0.113.0/24",), ["10.0.0.1, who knows"], "203.0.113.5"),
        (("203.0.113.0/24",), [], "203.0.113.5"),
        (("10.0.0.0/8",), ["192.0.2.7"], "203.0.113.5"),
        (("203.0.113.0/24",), ["2001:db8::1"], "2001:db8::1"),
    ],
)
def test_only_our_own_proxies_say_where_a_request_comes_from(
    proxies: tuple[str, ...], said: list[str], address: str, desk: Desk
) -> None:
    desk.operation.settings = msgspec.structs.replace(desk.operation.settings, proxies=proxies)
    client = ("testclient", 1) if not proxies else ("203.0.113.5", 1)
    scope = {
        "type": "http",
        "client": client,
        "headers": [(b"x-forwarded-for", one.encode()) for one in said],
        "app": desk.client.app,
    }
    assert client_address(Request(scope)) == address
