"""OpenID Connect: whoever lies, replays, mixes up or guesses comes in by nothing."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oidc.core.util import create_half_hash
from joserfc import jws
from joserfc.jwk import RSAKey

from handraise.clock import ManualClock
from handraise.errors import SettingsError, SignInError
from handraise.service.access import provider as provider_module
from handraise.service.access.openid import OpenId
from handraise.service.access.provider import AT_ONCE, MAX_BYTES, Provider, ProviderError
from handraise.service.wiring import Operation
from handraise.settings import Settings
from tests.support.openid_provider import ToldProvider, code_url, listening
from tests.support.operation import TABLE, opened

CALLBACK = "http://127.0.0.1:8765/sign-in/openid/callback"
OTHER = RSAKey.generate_key(2048, {"kid": "one"})


class Visitors:
    """Somebody who signs in at a provider that does as it is told."""

    def __init__(self, told: ToldProvider, operation: Operation, **settings: Any) -> None:
        self.told = told
        self.operation = operation
        self.openid = OpenId(
            Settings(**{"openid_issuer": told.issuer, "openid_client_id": "handraise", **settings}),
            operation.address,
            operation.clock,
            operation.signer,
            operation.limits,
            operation.identities,
        )

    def begin(self, after: str = "/") -> tuple[dict[str, str], str]:
        url, cookie = self.openid.begin(after)
        return {name: one[0] for name, one in parse_qs(urlsplit(url).query).items()}, cookie

    def claims(self, asked: dict[str, str], **more: Any) -> dict[str, Any]:
        now = int(self.operation.clock.now().timestamp())
        found = {
            "iss": self.told.issuer,
            "sub": "sub-dana",
            "aud": "handraise",
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            "email": "dana@example.com",
            "email_verified": True,
            **more,
        }
        return {name: value for name, value in found.items() if value is not None}

    def come(self, token: Any = None, *, give: dict[str, Any] | None = None, **more: Any) -> str:
        """Return who comes in by a token: the usual one with other claims, or that one."""
        asked, cookie = self.begin()
        made = token(asked) if token else self.told.token(self.claims(asked, **more))
        self.told.answer = lambda _: {"id_token": made, **(give or {})}
        return self.openid.finish(cookie, _query(asked))[0]


def _query(asked: dict[str, str], **more: str) -> dict[str, str]:
    url = code_url(asked["redirect_uri"], asked["state"], **more)
    return {name: one[0] for name, one in parse_qs(urlsplit(url).query).items()}


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
    provider.failing = ""
    provider.keys = [provider.key.as_dict(private=False)]
    provider.answer = lambda _: {"error": "invalid_grant"}
    return provider


@pytest.fixture
def visitors(told: ToldProvider, operation: Operation) -> Visitors:
    return Visitors(told, operation)


def test_somebody_comes_in_by_a_verified_address(visitors: Visitors, told: ToldProvider) -> None:
    asked, cookie = visitors.begin("/table?x=1")
    assert asked["redirect_uri"] == CALLBACK
    assert (asked["response_type"], asked["scope"]) == ("code", "openid email")
    assert asked["code_challenge_method"] == "S256"
    assert (len(asked["code_challenge"]), len(asked["state"]) > 30) == (43, True)
    given: dict[str, str] = {}

    def answer(body: dict[str, str]) -> Any:
        given.update(body)
        return {"id_token": told.token(visitors.claims(asked))}

    told.answer = answer
    assert visitors.openid.finish(cookie, _query(asked)) == ("dana", "/table?x=1")
    assert given["client_id"] == "handraise", "a public client says who it is"
    assert (given["redirect_uri"], len(given["code_verifier"])) == (CALLBACK, 64)
    assert told.asked.count("/jwks") == 1


WRONG_CLAIMS: list[dict[str, Any]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"iss": "https://evil.example.com"},
    {"iss": None},
    {"aud": "somebody-else"},
    {"aud": ["handraise", "somebody-else"]},
    {"aud": None},
    {"azp": "somebody-else"},
    {"exp": 1},
    {"exp": None},
    {"exp": True},
    {"exp": "4102444800"},
    {"iat": 4102444800},
    {"iat": 1},
    {"iat": None},
    {"nbf": 4102444800},
    {"sub": None},
    {"sub": ""},
    {"sub": 7},
    {"sub": "x" * 256},
    {"at_hash": "x"},
]


def test_a_token_that_says_anything_else_is_refused(visitors: Visitors) -> None:
    for claims in WRONG_CLAIMS:
        with pytest.raises(SignInError, match="could not be finished"):
            visitors.come(give={"access_token": "access"}, **claims)
    assert visitors.come() == "dana", "it was for what was wrong, and for nothing else"


def test_the_hash_of_the_access_token_is_checked(visitors: Visitors) -> None:
    right = create_half_hash("access", "RS256").decode()
    assert visitors.come(give={"access_token": "access"}, at_hash=right) == "dana"
    with pytest.raises(SignInError):
        visitors.come(give={"access_token": "another"}, at_hash=right)


def _coded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _unsigned(visitors: Visitors, asked: dict[str, str]) -> str:
    return f"{_coded({'alg': 'none', 'typ': 'JWT'})}.{_coded(visitors.claims(asked))}."


def _signed_with_what_all_know(visitors: Visitors, asked: dict[str, str], **header: Any) -> str:
    """The public key, taken for a secret that both sides know."""
    written = ".".join(map(_coded, ({"alg": "HS256", **header}, visitors.claims(asked))))
    secret = visitors.told.key.as_pem(private=False)
    seal = hmac.new(secret, written.encode(), hashlib.sha256).digest()
    return f"{written}.{base64.urlsafe_b64encode(seal).rstrip(b'=').decode()}"


def _signed_by_another(visitors: Visitors, asked: dict[str, str], **header: Any) -> str:
    content = json.dumps(visitors.claims(asked)).encode()
    return jws.serialize_compact({"alg": "RS256", **header}, content, OTHER)


FORGED: list[Callable[[Visitors, dict[str, str]], Any]] = [
    _unsigned,
    _signed_with_what_all_know,
    lambda visitors, asked: _signed_with_what_all_know(visitors, asked, kid="one"),
    _signed_by_another,
    lambda visitors, asked: _signed_by_another(visitors, asked, kid="one"),
    lambda visitors, asked: _signed_by_another(
        visitors, asked, kid="one", jwk=OTHER.as_dict(private=False)
    ),
    lambda visitors, asked: visitors.told.token(visitors.claims(asked), kid="unknown"),
    lambda visitors, asked: visitors.told.token(visitors.claims(asked)) + "x",
    lambda visitors, asked: visitors.told.token(visitors.claims(asked)).rpartition(".")[0],
    lambda visitors, asked: "é",
    lambda visitors, asked: 7,
    lambda visitors, asked: "x" * 200_000,
    lambda visitors, asked: "a.b.c",
]


def test_what_the_provider_has_not_signed_is_refused(visitors: Visitors) -> None:
    for make in FORGED:
        with pytest.raises(SignInError, match="could not be finished"):
            visitors.come(partial(make, visitors))
    assert visitors.come() == "dana"


def test_a_key_that_is_a_secret_or_for_something_else_verifies_nothing(
    visitors: Visitors, told: ToldProvider
) -> None:
    public = told.key.as_dict(private=False)
    told.keys = [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}, {**public, "use": "enc"}, "x"]  # type: ignore[list-item]
    with pytest.raises(SignInError, match="could not be finished"):
        visitors.come()


def test_keys_that_changed_are_fetched_at_most_once_a_minute(
    visitors: Visitors, told: ToldProvider, operation: Operation, clock: ManualClock
) -> None:
    fresh = RSAKey.generate_key(2048, {"kid": "two"})
    assert visitors.come() == "dana"
    told.keys = [fresh.as_dict(private=False)]

    def token(asked: dict[str, str]) -> str:
        content = json.dumps(visitors.claims(asked)).encode()
        return jws.serialize_compact({"alg": "RS256", "kid": "two"}, content, fresh)

    with pytest.raises(SignInError):
        visitors.come(token)
    assert told.asked.count("/jwks") == 1
    clock.advance(seconds=61)
    assert visitors.come(token) == "dana"
    assert told.asked.count("/jwks") == 2


# The visit.


def test_an_answer_belongs_to_the_browser_that_asked(visitors: Visitors) -> None:
    asked, cookie = visitors.begin()
    other, _ = visitors.begin()
    visitors.told.answer = lambda _: {"id_token": visitors.told.token(visitors.claims(asked))}
    forged = cookie.partition(".")[0]
    for shown in ("", "x", "x.y", f"{forged}.", f"{forged}.{'0' * 64}", cookie[:-1], "x" * 5_000):
        with pytest.raises(SignInError, match="did not begin in this browser"):
            visitors.openid.finish(shown, _query(asked))
    for query in (_query(other), {}, {**_query(asked), "state": ""}):
        with pytest.raises(SignInError, match="did not begin in this browser"):
            visitors.openid.finish(cookie, query)
    assert visitors.told.asked.count("/token") == 0
    assert visitors.openid.finish(cookie, _query(asked))[0] == "dana"


def test_an_answer_is_good_once(visitors: Visitors) -> None:
    asked, cookie = visitors.begin()
    visitors.told.answer = lambda _: {"id_token": visitors.told.token(visitors.claims(asked))}
    query = _query(asked)
    assert visitors.openid.finish(cookie, query)[0] == "dana"
    with pytest.raises(SignInError, match="finished already"):
        visitors.openid.finish(cookie, query)


def test_an_answer_that_comes_late_is_none(visitors: Visitors, clock: ManualClock) -> None:
    asked, cookie = visitors.begin()
    clock.advance(minutes=10)
    with pytest.raises(SignInError, match="too long ago"):
        visitors.openid.finish(cookie, _query(asked))


def test_an_answer_of_another_issuer_is_a_mix_up(visitors: Visitors, told: ToldProvider) -> None:
    asked, cookie = visitors.begin()
    with pytest.raises(SignInError, match="another place answered"):
        visitors.openid.finish(cookie, _query(asked, iss="https://evil.example.com"))
    assert "/token" not in told.asked
    told.metadata = {"authorization_response_iss_parameter_supported": True}
    another = Visitors(told, visitors.operation)
    asked, cookie = another.begin()
    with pytest.raises(SignInError, match="another place answered"):
        another.openid.finish(cookie, _query(asked))


def test_who_turns_back_there_is_told_so(visitors: Visitors) -> None:
    asked, cookie = visitors.begin()
    with pytest.raises(SignInError, match="you did not sign in there"):
        visitors.openid.finish(cookie, {"state": asked["state"], "error": "access_denied"})


def test_a_code_that_is_none_is_refused(visitors: Visitors, told: ToldProvider) -> None:
    asked, cookie = visitors.begin()
    told.status, told.answer = 400, lambda _: {"error": "invalid_grant"}
    visitors.openid._provider.said()  # it is known already what the provider says of itself
    with pytest.raises(SignInError, match="could not be finished"):
        visitors.openid.finish(cookie, _query(asked))


def test_a_visit_never_leads_elsewhere(visitors: Visitors) -> None:
    for after in ("//evil.example", "https://evil.example", "/\\evil.example"):
        asked, cookie = visitors.begin(after)
        token = visitors.told.token(visitors.claims(asked))
        visitors.told.answer = lambda _, token=token: {"id_token": token}
        assert visitors.openid.finish(cookie, _query(asked)) == ("dana", "/")


# The provider.


LIES: list[dict[str, Any]] = [
    {"issuer": "https://evil.example.com"},
    {"issuer": None},
    {"token_endpoint": "http://evil.example.com/token"},
    {"token_endpoint": None},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"authorization_endpoint": "https://u:p@evil.example.com/"},
    {"authorization_endpoint": "https://[::1"},
    {"jwks_uri": "file:///etc/passwd"},
    {"padding": "x" * MAX_BYTES},
]


def test_a_provider_that_lies_is_not_gone_to(
    visitors: Visitors, told: ToldProvider, clock: ManualClock
) -> None:
    for told.metadata in LIES:
        with pytest.raises(ProviderError):
            visitors.openid.begin("/")
        clock.advance(minutes=1)
    told.metadata = {}
    visitors.openid.begin("/")


def test_a_provider_that_is_down_is_left_alone_for_a_while(
    visitors: Visitors, told: ToldProvider, clock: ManualClock
) -> None:
    told.status = 503
    for _ in range(3):
        with pytest.raises(ProviderError, match="does not answer"):
            visitors.openid.begin("/")
    assert len(told.asked) == 1
    told.status = 200
    clock.advance(seconds=6)
    visitors.openid.begin("/")


def test_a_provider_that_cannot_exchange_a_code_or_give_keys_is_left_alone_too(
    visitors: Visitors, told: ToldProvider, clock: ManualClock
) -> None:
    visitors.openid.begin("/")
    for path in ("/token", "/jwks"):
        told.failing = path
        for _ in range(3):
            with pytest.raises(ProviderError, match="does not answer"):
                visitors.come()
        assert told.asked.count(path) == 1, path
        told.failing = ""
        clock.advance(seconds=6)
    assert visitors.come() == "dana"


def test_what_a_stranger_makes_a_provider_say_keeps_nobody_out(
    visitors: Visitors, told: ToldProvider
) -> None:
    visitors.openid.begin("/")
    asked, cookie = visitors.begin()
    for told.status in (400, 403, 500):
        with pytest.raises(SignInError):
            visitors.openid.finish(cookie, _query(asked))
        asked, cookie = visitors.begin()
    told.status = 200
    with pytest.raises(SignInError, match="did not sign in there"):
        visitors.openid.finish(cookie, {**_query(asked), "code": "x" * 5_000})
    assert told.asked.count("/token") == 3
    assert visitors.come() == "dana"


class Dripping:
    """A server that says what `begins`, then a byte at a time, without end."""

    def __init__(self, begins: bytes) -> None:
        self._begins = begins
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection, suppress(OSError):
            connection.sendall(self._begins)
            while not self._over.wait(0.02):
                connection.sendall(b"a")

    def close(self) -> None:
        self._over.set()
        self._thread.join(5)
        self._socket.close()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("begins", [HEAD + b"X-A: ", HEAD + b"\r\n{", b""])
def test_a_provider_that_drips_is_cut(
    begins: bytes, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_module, "TIMEOUT_S", 0.2)
    dripping = Dripping(begins)
    with pytest.raises(ProviderError, match="does not answer"):
        Provider(dripping.url, clock).said()
    dripping.close()


def test_who_finds_all_places_taken_is_told_at_once(told: ToldProvider, clock: ManualClock) -> None:
    provider = Provider(told.issuer, clock)
    for _ in range(AT_ONCE):
        assert provider._places.acquire(blocking=False)
    with pytest.raises(ProviderError, match="does not answer"):
        provider.said()
    provider._places.release()
    assert provider.said(), "nobody asked, so it is not left alone"
    assert told.asked == ["/.well-known/openid-configuration"]


def test_an_answer_that_is_none_lets_nobody_in(visitors: Visitors) -> None:
    for answer in ("no JSON", "[]", "[" * 3_000, "{}"):
        asked, cookie = visitors.begin()
        visitors.told.answer = lambda _, answer=answer: answer
        with pytest.raises(SignInError):
            visitors.openid.finish(cookie, _query(asked))


def test_keys_that_are_no_list_let_nobody_in(visitors: Visitors, told: ToldProvider) -> None:
    told.keys = {}  # type: ignore[assignment]
    with pytest.raises(ProviderError):
        visitors.come()


def test_a_client_with_a_secret_shows_it_the_way_the_provider_takes(
    told: ToldProvider, operation: Operation
) -> None:
    told.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    visitors = Visitors(told, operation, openid_client_secret="s3cret")
    asked, cookie = visitors.begin()
    given: dict[str, str] = {}

    def answer(body: dict[str, str]) -> Any:
        given.update(body)
        return {"id_token": told.token(visitors.claims(asked))}

    told.answer = answer
    visitors.openid.finish(cookie, _query(asked))
    assert given["client_secret"] == "s3cret"


def test_an_issuer_needs_a_client(told: ToldProvider, operation: Operation) -> None:
    for missing in ("openid_issuer", "openid_client_id"):
        with pytest.raises(SettingsError, match="HANDRAISE_OPENID_CLIENT_ID"):
            Visitors(told, operation, **{missing: None})


# Who it is.


NOBODY: list[dict[str, Any]] = [
    {"email_verified": False},
    {"email_verified": None},
    {"email_verified": "true"},
    {"email": "nobody@example.com"},
    {"email": None},
    {"email": ["dana@example.com"]},
    {"email": "dana@example.com\n"},
    {"email": "in\u212as@example.com"},
]


def test_who_is_nobody_for_certain_is_told_the_same(visitors: Visitors) -> None:
    said = set()
    for claims in NOBODY:
        with pytest.raises(SignInError) as refused:
            visitors.come(**claims)
        said.add(str(refused.value))
    assert len(said) == 1
    assert "could not be recognised here by your account" in said.pop()
    assert visitors.operation.store.identities() == []


def test_capitals_in_an_address_are_none_of_its_meaning(visitors: Visitors) -> None:
    assert visitors.come(email="Dana@Example.com") == "dana"


def test_an_address_of_two_people_is_nobodys(told: ToldProvider, folder: Path) -> None:
    operation = opened(folder, table=TABLE.replace("ines@", "dana@"))
    visitors = Visitors(told, operation)
    now = int(operation.clock.now().timestamp())
    with pytest.raises(SignInError, match="could not be recognised"):
        visitors.come()
    assert visitors.come(email="priya@example.com", iat=now) == "priya"
    operation.close()


def test_once_known_an_address_that_changes_opens_and_closes_nothing(visitors: Visitors) -> None:
    assert visitors.come() == "dana"
    assert visitors.come(email="elsewhere@example.com", email_verified=False) == "dana"
    assert visitors.come(email="ines@example.com") == "dana", "the subject is who it was"
    with pytest.raises(SignInError):
        visitors.come(sub="whoever-has-the-address-now")
    (kept,) = visitors.operation.store.identities("dana")
    assert (kept.subject, kept.used_at is not None) == ("sub-dana", True)


def test_who_has_left_is_out_and_known_anew_when_back(
    visitors: Visitors, operation: Operation
) -> None:
    assert visitors.come() == "dana"
    operation.roster.deactivate("dana", "priya")
    assert operation.store.identities("dana") == []
    with pytest.raises(SignInError):
        visitors.come()
    operation.roster.activate("dana", "priya")
    assert visitors.come() == "dana"


def test_a_claim_of_the_settings_names_a_person(told: ToldProvider, operation: Operation) -> None:
    visitors = Visitors(told, operation, openid_claim="handraise_person")
    assert visitors.come(handraise_person="ines", email_verified=False, sub="one") == "ines"
    for said in (None, "nobody", ["dana"], 7):
        with pytest.raises(SignInError):
            visitors.come(handraise_person=said, sub="two")


def test_identities_of_people_who_stand_on_no_table_are_swept(
    visitors: Visitors, operation: Operation
) -> None:
    assert visitors.come() == "dana"
    assert operation.identities.sweep() == 0
    with operation.store.write() as connection:
        connection.exec_driver_sql("UPDATE identities SET person = 'ghost'")
    assert operation.identities.sweep() == 1
    assert operation.store.identities() == []
