"""Web Push: whom it asks and whom never, and what it makes of the answers."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from handraise.channels import push as channel
from handraise.channels.push import Answered, Push, WebPush, is_public, subject_of
from handraise.clock import SystemClock
from handraise.errors import InputError
from handraise.model import PushSubscription
from handraise.service.secrets import Signer
from handraise.service.telling.pushing import public_key
from tests.support.push_service import Browser, PushService

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SIGNER = Signer("a secret that is long enough for an operation")
PUSH = Push(b'{"title": "Look"}', topic="t" * 32, ttl_s=60)


@pytest.fixture
def service() -> Iterator[PushService]:
    service = PushService(NOW.timestamp)
    yield service
    service.close()


def key() -> ec.EllipticCurvePrivateKey:
    found = SIGNER.push_key()
    assert found is not None
    return found


def kept(browser: Browser, endpoint: str = "") -> PushSubscription:
    subscription = {**browser.subscription(), **({"endpoint": endpoint} if endpoint else {})}
    return PushSubscription(id="p1", person="dana", kid=SIGNER.kid, made_at=NOW, **subscription)


def browser_at(service: PushService) -> Browser:
    return service.browser("phone", public_key(key()))


def sent(service: PushService, **more: Any) -> Answered:
    web = WebPush(lambda: "mailto:ops@example.com", [service.url], **more)
    return web.send(PUSH, kept(browser_at(service)), key(), NOW)


def test_a_browser_gets_what_only_it_can_read(service: PushService) -> None:
    assert sent(service) == Answered("taken")
    (received,) = service.browsers["/push/phone"].received
    assert received.content == {"title": "Look"}
    assert b"Look" not in received.body
    assert service.refusals == []


@pytest.mark.parametrize(
    ("status", "headers", "answered"),
    [
        (404, {}, Answered("gone", "the browser takes no messages any more")),
        (410, {}, Answered("gone", "the browser takes no messages any more")),
        (500, {}, Answered("failed", "the push service answered 500")),
        (302, {"Location": "/push/phone"}, Answered("failed", "the push service answered 302")),
        (429, {"Retry-After": "90"}, Answered("failed", "the push service answered 429", 90.0)),
        (503, {"Retry-After": "-1"}, Answered("failed", "the push service answered 503", 0.0)),
        (
            503,
            {"Retry-After": format_datetime(NOW + timedelta(minutes=2), usegmt=True)},
            Answered("failed", "the push service answered 503", 120.0),
        ),
        (
            429,
            {"Retry-After": "99999999"},
            Answered("failed", "the push service answered 429", 86_400.0),
        ),
        (429, {"Retry-After": "soon"}, Answered("failed", "the push service answered 429")),
    ],
)
def test_what_a_push_service_answers_is_understood(
    service: PushService, status: int, headers: dict[str, str], answered: Answered
) -> None:
    service.answer = (status, headers)
    assert sent(service) == answered
    assert service.asked == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.com/x",
        "https://user:word@push.example.com/x",
        "https://@push.example.com/x",
        "https://push.example.com/x#part",
        "https://push.example.com:0/x",
        "https://push.example.com:99999/x",
        "https://push.example.com\\@10.0.0.1/x",
        "https://push.example.com/ x",
        "https://push.exämple.com/x",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://0x7f000001/x",
        "https://127.0.0.1./x",
        "https://[::1]/x",
        "https://[::1/x",
        "https://localhost/x",
        "https:///x",
        "ftp://push.example.com/x",
        "push.example.com/x",
        "",
        "https://push.example.com/" + "x" * 2_000,
    ],
)
def test_only_push_services_on_the_web_are_asked(endpoint: str) -> None:
    with pytest.raises(InputError) as refused:
        WebPush(lambda: "").check(endpoint)
    assert not endpoint or endpoint not in str(refused.value)


def test_only_those_that_are_allowed_are_asked_where_some_are() -> None:
    web = WebPush(lambda: "", ["fcm.googleapis.com", "*.Push.apple.com", "http://127.0.0.1:9000"])
    for endpoint in (
        "https://fcm.googleapis.com/x",
        "https://web.push.apple.com/x",
        "http://127.0.0.1:9000/x",
    ):
        web.check(endpoint)
    for endpoint in (
        "http://fcm.googleapis.com/x",
        "https://evil-fcm.googleapis.com/x",
        "https://push.apple.com/x",
        "https://evilpush.apple.com/x",
        "http://127.0.0.1:9001/x",
        "https://127.0.0.1:9000/x",
    ):
        with pytest.raises(InputError):
            web.check(endpoint)
    WebPush(lambda: "").check("https://updates.push.services.mozilla.com/wpush/v2/x")


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["192.168.0.1"],
        ["100.64.0.1"],
        ["0.0.0.0"],
        ["224.0.0.1"],
        ["::1"],
        ["fe80::1%eth0"],
        ["fd00::1"],
        ["::ffff:10.0.0.1"],
        ["2002:7f00:1::"],
        ["64:ff9b::a00:1"],
        ["1.1.1.1", "10.0.0.1"],
        ["no address"],
        [],
    ],
)
def test_a_name_that_leads_into_this_network_is_not_followed(
    service: PushService, addresses: list[str]
) -> None:
    web = WebPush(lambda: "mailto:ops@example.com", resolve=lambda _host, _port: addresses)
    browser = kept(browser_at(service), "https://push.example.com/push/phone")
    answered = web.send(PUSH, browser, key(), NOW)
    assert answered == Answered("failed", "the push service is not on the public network")
    assert service.asked == 0


def test_public_addresses_are_told_from_others() -> None:
    assert all(map(is_public, ("1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1")))
    assert not is_public(str(ipaddress.ip_address(0)))


def test_an_address_that_leads_to_another_one_or_to_nowhere_is_not_public() -> None:
    for address in (
        "64:ff9b::101:101",  # what a translator makes of it is not ours to know
        "64:ff9b:1::a00:1",
        "fec0::1",
        "::10.0.0.1",
        "::1.1.1.1",
        "::ffff:0:10.0.0.1",
        "::ffff:192.88.99.1",
        "192.88.99.1",
        "2002:101:101::1",
        "2001::1",
        "2001:2::1",
        "2001:20::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "4000::1",
        "ff02::1",
    ):
        assert not is_public(address), address
    assert all(map(is_public, ("2001:4860:4860::8888", "2a00:1450::1", "2600::", "3ffe:831f::1")))


def test_a_name_that_nobody_knows_and_a_port_nobody_listens_on_are_failures(
    service: PushService,
) -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError

    assert sent(service, resolve=unknown).error == "the push service's name is not known"
    browser = kept(browser_at(service))
    service.close()
    web = WebPush(lambda: "mailto:ops@example.com", [service.url])
    refused = web.send(PUSH, browser, key(), NOW)
    assert refused == Answered("failed", "the push service could not be asked (ConnectError)")
    elsewhere = WebPush(lambda: "mailto:ops@example.com").send(PUSH, browser, key(), NOW)
    assert elsewhere == Answered("gone", "its push service may not be asked")


def test_a_push_service_that_takes_its_time_is_cut_off(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.holds = threading.Event()
    monkeypatch.setattr(channel, "WITHIN_S", 0.2)
    answered = sent(service)
    assert answered.kind == "failed"
    assert answered.error.startswith("the push service could not be asked")


@pytest.mark.parametrize(("name", "kind"), [("push.test", "taken"), ("other.test", "failed")])
def test_the_certificate_must_be_of_the_host_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate_of(name, tmp_path)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    hosts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hosts.append(self.headers["Host"])
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    class Quiet(HTTPServer):
        def handle_error(self, *_args: Any) -> None:
            """Say nothing: a client that trusts nobody breaks off."""

    server = Quiet(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    origin = f"https://push.test:{server.server_port}"
    web = WebPush(
        lambda: "mailto:ops@example.com", [origin], resolve=lambda _host, _port: ["127.0.0.1"]
    )
    owner = PushService(NOW.timestamp)
    browser = kept(browser_at(owner), f"{origin}/x")
    try:
        assert web.send(PUSH, browser, key(), NOW).kind == kind
    finally:
        owner.close()
        server.shutdown()
        server.server_close()
        thread.join()
    assert hosts == ([f"push.test:{server.server_port}"] if kind == "taken" else [])


def certificate_of(name: str, folder: Path) -> Path:
    """Return the file of a certificate of a host that vouches for itself; its key is beside it."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    today = SystemClock().now()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    written = made.public_bytes(Encoding.PEM)
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "both.pem").write_bytes(secret + written)
    (folder / "certificate.pem").write_bytes(written)
    return folder / "certificate.pem"


def test_a_push_service_can_reach_whoever_runs_this() -> None:
    assert subject_of("mailto:ops@example.com", "http://x") == "mailto:ops@example.com"
    assert subject_of(None, "https://ask.example.com:8443/x") == "https://ask.example.com"
    assert subject_of(None, "http://127.0.0.1:8765") == "https://localhost"
