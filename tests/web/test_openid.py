"""The pages around an OpenID provider: what binds a visit to its browser, and what trouble shows."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from handraise.clock import ManualClock
from handraise.service import extras
from handraise.service.access.limits import LIMITS
from handraise.service.access.provider import AT_ONCE
from handraise.service.wiring import Operation
from handraise.settings import Settings
from handraise.web.app import create_app
from handraise.web.serve import _look_at_provider
from tests.support.openid_provider import ToldProvider, listening
from tests.web.support import Desk

SITE = "https://handraise.example.com"
CALLBACK = "/sign-in/openid/callback"
VISIT = "__Host-handraise-openid"
SESSION = "__Host-handraise"


@pytest.fixture(scope="module")
def provider() -> Iterator[ToldProvider]:
    made: list[ToldProvider] = []

    def make(address: str) -> ToldProvider:
        made.append(ToldProvider(address))
        return made[0]

    with listening(make):
        yield made[0]


@pytest.fixture
def told(provider: ToldProvider) -> ToldProvider:
    """The provider as it is when nobody has told it anything yet."""
    provider.metadata, provider.status, provider.asked = {}, 200, []
    return provider


@pytest.fixture
def settings(told: ToldProvider) -> Settings:
    return Settings(
        base_url=SITE,
        console=True,
        secret="a secret that is long enough to be one",
        openid_issuer=told.issuer,
        openid_client_id="handraise",
        openid_name="Example",
    )


@pytest.fixture
def client(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app, base_url=SITE, follow_redirects=False) as client:
        yield client


def _begun(desk: Desk, after: str = "/") -> dict[str, str]:
    """Return what a browser brings to the provider."""
    answer = desk.client.get("/sign-in/openid", params={"next": after})
    assert answer.status_code == 303
    return _asked(answer.headers["Location"])


def _asked(url: str) -> dict[str, str]:
    return {name: one[0] for name, one in parse_qs(urlsplit(url).query).items()}


def _answer(told: ToldProvider, asked: dict[str, str], clock: ManualClock) -> dict[str, str]:
    """Let the provider say that it is Dana; return the parameters it sends the browser back with."""
    now = int(clock.now().timestamp())
    token = told.token(
        {
            "iss": told.issuer, "sub": "sub-dana", "aud": "handraise", "nonce": asked["nonce"],
            "iat": now, "exp": now + 300, "email": "dana@example.com", "email_verified": True,
        }
    )  # fmt: skip
    told.answer = lambda _: {"id_token": token}
    return {"code": "a code", "state": asked["state"]}


def test_a_visit_is_bound_to_its_browser_and_gives_it_a_fresh_session(
    desk: Desk, told: ToldProvider, clock: ManualClock
) -> None:
    before, _, _ = desk.operation.door.enter(desk.operation.door.link("marc").rsplit("/", 1)[1])
    assert 'href="/sign-in/openid?next=/table"' in desk.client.get("/sign-in?next=/table").text
    desk.client.cookies.set(SESSION, before, domain="handraise.example.com", path="/")
    begun = desk.client.get("/sign-in/openid?next=/table")
    cookie = begun.headers["set-cookie"]
    assert cookie.startswith(f"{VISIT}=")
    for word in ("Secure", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=600"):
        assert word in cookie
    assert begun.headers["Cache-Control"] == "no-store"
    asked = _asked(begun.headers["Location"])
    assert asked["redirect_uri"] == f"{SITE}{CALLBACK}"

    back = desk.client.get(CALLBACK, params=_answer(told, asked, clock))
    assert (back.status_code, back.headers["Location"]) == (303, "/table")
    fresh = desk.client.cookies[SESSION]
    assert desk.operation.door.person(fresh) == "dana"
    assert desk.operation.door.person(before) is None, "what this browser was before has ended"
    assert VISIT not in desk.client.cookies
    again = desk.client.get(CALLBACK, params={"code": "a code", "state": asked["state"]})
    assert again.status_code == 403
    assert len(desk.operation.door.sessions.all("dana")) == 1, "one answer, one session"


def test_nobody_is_signed_in_by_what_another_site_begins(
    desk: Desk, told: ToldProvider, clock: ManualClock
) -> None:
    for site in ("cross-site", "same-site"):
        begun = desk.client.get("/sign-in/openid", headers={"Sec-Fetch-Site": site})
        assert (begun.status_code, begun.headers["Location"]) == (303, "/sign-in")
        assert "set-cookie" not in begun.headers
    assert told.asked == [], "the provider is not even asked"

    # The answer to a visit of one browser, pushed on another one.
    asked = _begun(desk)
    answer, cookies = _answer(told, asked, clock), dict(desk.client.cookies)
    for other in ({}, {VISIT: f"{cookies[VISIT]}x"}, {VISIT: _visit_of_another(desk)}):
        desk.client.cookies.clear()
        desk.client.cookies.update(other)
        refused = desk.client.get(CALLBACK, params=answer)
        assert refused.status_code == 403
        assert "did not begin in this browser" in refused.text
        assert SESSION not in desk.client.cookies
    desk.client.cookies.update(cookies)
    assert desk.client.get(CALLBACK, params=answer).status_code == 303, "its own browser it lets in"


def _visit_of_another(desk: Desk) -> str:
    desk.client.cookies.clear()
    _begun(desk)
    return str(desk.client.cookies[VISIT])


@pytest.mark.parametrize("after", ["//evil.example", "https://evil.example", "/\\evil", "/\t/evil"])
def test_a_visit_never_leads_elsewhere(
    after: str, desk: Desk, told: ToldProvider, clock: ManualClock
) -> None:
    answer = _answer(told, _begun(desk, after), clock)
    assert desk.client.get(CALLBACK, params=answer).headers["Location"] == "/"


def test_when_the_provider_is_down_a_link_is_offered(desk: Desk, told: ToldProvider) -> None:
    told.status = 503
    answer = desk.client.get("/sign-in/openid?next=/table")
    assert answer.status_code == 403
    assert "The place where you sign in does not answer." in answer.text
    assert "Send me a link" in answer.text
    assert 'name="next" value="/table"' in answer.text, "the way is remembered"


def test_a_provider_that_is_not_there_at_the_start_is_told(
    app: Starlette, desk: Desk, told: ToldProvider, clock: ManualClock
) -> None:
    session = desk.session("priya")
    session = {"Cookie": session["Cookie"].replace("handraise=", f"{SESSION}=")}
    told.status = 503
    with capture_logs() as said:
        _look_at_provider(app.state.site.openid)
    assert [one["event"] for one in said][-1] == "serve.openid_unreachable"
    assert said[-1]["issuer"] == told.issuer
    page = desk.page("/system", session).text
    assert "The place where you sign in does not answer." in page
    told.status = 200
    clock.advance(seconds=6)
    assert "It answers." in desk.page("/system", session).text
    _look_at_provider(None)


def test_what_the_provider_says_is_shown_as_words_only(desk: Desk) -> None:
    asked = _begun(desk)
    answer = desk.client.get(
        CALLBACK,
        params={
            "state": asked["state"],
            "error": "access_denied",
            "error_description": "<script>alert(1)</script> call 555-0100",
        },
    )
    assert "You did not sign in there." in answer.text
    assert "555-0100" not in answer.text


def test_visits_are_counted_and_links_and_sessions_go_on(desk: Desk, clock: ManualClock) -> None:
    door, limits, most = desk.operation.door, desk.operation.limits, LIMITS["openid"].address
    link = door.link("marc").removeprefix(SITE)
    cookie, _, _ = door.enter(door.link("dana").rsplit("/", 1)[1])
    _begun(desk)
    for _ in range(most - 2):
        limits.check("openid", "testclient")
    assert desk.client.get(CALLBACK, params={"state": "x", "code": "y"}).status_code == 403
    for path in ("/sign-in/openid", f"{CALLBACK}?state=x&code=y"):
        refused = desk.client.get(path)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert desk.client.get(link).status_code == 200
    session = {"Cookie": f"{SESSION}={cookie}"}
    assert desk.client.get("/me", headers=session).status_code == 200
    clock.advance(minutes=10)
    assert _begun(desk)


def test_a_visit_too_many_does_not_reach_the_provider(
    desk: Desk, told: ToldProvider, clock: ManualClock
) -> None:
    answer = _answer(told, _begun(desk), clock)
    for _ in range(LIMITS["openid"].address - 1):
        desk.operation.limits.check("openid", "testclient")
    assert desk.client.get(CALLBACK, params=answer).status_code == 429
    assert "/token" not in told.asked


def test_who_finds_all_places_at_the_provider_taken_is_offered_a_link(
    app: Starlette, client: TestClient, desk: Desk, told: ToldProvider
) -> None:
    places = app.state.site.openid_places
    assert client.portal is not None
    for _ in range(AT_ONCE):
        client.portal.call(places.acquire_nowait)
    app.state.site.openid_patience_s = 0.05
    answer = desk.client.get("/sign-in/openid")
    assert answer.status_code == 403
    assert "does not answer" in answer.text
    assert told.asked == []
    client.portal.call(places.release)
    assert _begun(desk)
    assert places.value == 1, "the place is free again"


def test_without_its_extra_the_setting_says_what_to_install(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(extras.OPENID, "not_installed_here", "Authlib")
    with pytest.raises(Exception, match="Authlib is not installed") as raised:
        create_app(operation)
    assert raised.value.hint == "pip install 'handraise[sign-in]'"  # type: ignore[attr-defined]
