"""Sending for real, to servers on this machine: taken, refused or failed, and no secret said."""

import datetime
import email
import email.policy
import io
import json
import logging
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from handraise.channels.senders import AppriseSender, ConsoleSender
from handraise.errors import DeliveryError, FailedError, RefusedError
from handraise.model import Message

NOW = datetime.datetime(2026, 11, 22, 19, 50, tzinfo=datetime.UTC)
DANA = "mailto:dana@example.com"


def _message(**more: Any) -> Message:
    fields = {
        "id": "m1",
        "kind": "asked",
        "agent": "support-agent",
        "to": "dana",
        "contacts": (DANA,),
        "subject": "May support-agent refund?",
        "body": "Hello Dana Reyes,\n\nplease decide.",
        "created_at": NOW,
        "next_at": NOW,
    }
    return Message(**{**fields, **more})


class _Smtp:
    """A mail server that takes everything except for one address."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        parsed: Any = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos, parsed))
        return "250 taken"


@pytest.fixture
def smtp() -> _Smtp:
    return _Smtp()


def _running(smtp: _Smtp, **more: Any) -> Controller:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(smtp, hostname="127.0.0.1", port=port, **more)
    controller.start()
    return controller


@pytest.fixture
def port(smtp: _Smtp) -> Iterator[int]:
    controller = _running(smtp)
    yield controller.port
    controller.stop()


def _mail(port: int) -> AppriseSender:
    return AppriseSender(f"mailto://127.0.0.1:{port}?from=handraise@example.com&mode=insecure")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Return a server's context with a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - datetime.timedelta(days=3650))
        .not_valid_after(NOW + datetime.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    path: Path = tmp_path_factory.mktemp("certificate") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(preferencelist=("plain",))
    assert part is not None
    return str(part.get_content())


def test_mail_arrives_as_it_was_written(smtp: _Smtp, port: int) -> None:
    body = "Hello José Müller,\n\n  <b>refund</b> 6,200 & more\n  http://127.0.0.1:8765/x\n— 日本"
    _mail(port).send(_message(subject="Décidez: 日本 <b>&", body=body), DANA)
    ((recipients, mail),) = smtp.mails
    assert recipients == ["dana@example.com"]
    assert mail["Subject"] == "Décidez: 日本 <b>&"
    assert mail["From"].addresses[0].addr_spec == "handraise@example.com"
    assert mail["To"].addresses[0].addr_spec == "dana@example.com"
    assert _text(mail).replace("\r\n", "\n").strip() == body
    assert [part.get_content_type() for part in mail.walk()].count("text/html") == 0


def test_nothing_of_a_long_mail_is_lost(smtp: _Smtp, port: int) -> None:
    lines = [f"line {number} of what the customer wrote" for number in range(3_000)]
    _mail(port).send(_message(body="\n".join(lines)), DANA)
    found = "\n".join(_text(mail) for _, mail in smtp.mails)
    assert [line for line in lines if line not in found] == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\u2028", "\x85", "\x00"])
def test_a_subject_cannot_begin_another_header(end: str, smtp: _Smtp, port: int) -> None:
    subject = f"May it?{end}Bcc: evil@example.com{end}{end}body"
    _mail(port).send(_message(subject=subject), DANA)
    ((recipients, mail),) = smtp.mails
    assert recipients == ["dana@example.com"]
    assert mail["Bcc"] is None
    assert mail["Subject"] == "May it? Bcc: evil@example.com body"


@pytest.mark.parametrize("mode", ["starttls", "ssl"])
def test_mail_goes_out_encrypted(mode: str, smtp: _Smtp, certificate: ssl.SSLContext) -> None:
    how = {"tls_context": certificate} if mode == "starttls" else {"ssl_context": certificate}
    controller = _running(smtp, require_starttls=mode == "starttls", **how)
    url = f"mailtos://127.0.0.1:{controller.port}?from=handraise@example.com&mode={mode}"
    try:
        AppriseSender(f"{url}&verify=no").send(_message(), DANA)
        assert len(smtp.mails) == 1
        # Nobody we know vouches for this server.
        with pytest.raises(FailedError, match="shows a certificate that is not trusted"):
            AppriseSender(url).send(_message(), DANA)
    finally:
        controller.stop()
    assert len(smtp.mails) == 1


def test_a_person_the_server_does_not_know_is_a_failure(smtp: _Smtp, port: int) -> None:
    with pytest.raises(FailedError, match=f"did not take it: 127.0.0.1:{port} answered 550"):
        _mail(port).send(_message(), "mailto:nobody@example.com")
    assert smtp.mails == []


def test_a_server_that_is_down_is_a_failure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = taken.getsockname()[1]
        begun = time.monotonic()
        for sender, contact in ((_mail(port), DANA), (_mail(port), f"json://127.0.0.1:{port}")):
            with pytest.raises(FailedError, match=f"127.0.0.1:{port} refused the connection"):
                sender.send(_message(), contact)
        assert time.monotonic() - begun < 20


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        begun = time.monotonic()
        with pytest.raises(FailedError, match=f"127.0.0.1:{port} did not answer in time"):
            AppriseSender(None).send(_message(), f"json://127.0.0.1:{port}")
        assert time.monotonic() - begun < 30


class _Hook(BaseHTTPRequestHandler):
    """Keeps what is posted; answers as the path says."""

    bodies: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append(json.loads(body))
        status = self.path.rpartition("/")[2]
        self.send_response(int(status) if status.isdigit() else 200)
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    handler = type("Hook", (_Hook,), {"bodies": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield server.server_address[1], handler.bodies  # type: ignore[attr-defined]
    server.shutdown()
    serving.join()
    server.server_close()


def test_a_webhook_gets_the_words(hook: tuple[int, list[dict[str, Any]]]) -> None:
    port, bodies = hook
    env = {"HOOK": f"127.0.0.1:{port}/hook"}
    AppriseSender(None, env).send(_message(body="Hello José,\n\n<b>decide</b>"), "json://${HOOK}")
    assert [(body["title"], body["message"]) for body in bodies] == [
        ("May support-agent refund?", "Hello José,\n\n<b>decide</b>")
    ]


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_a_webhook_that_says_no_is_a_failure(
    status: int, hook: tuple[int, list[dict[str, Any]]]
) -> None:
    with pytest.raises(FailedError, match=f"127.0.0.1:{hook[0]} answered {status}"):
        AppriseSender(None).send(_message(), f"json://127.0.0.1:{hook[0]}/{status}")


@pytest.mark.parametrize("contact", ["slak://x", "json://", "mailto:dana", "${NOT_SET}", DANA])
def test_what_can_never_go_out_is_refused(contact: str) -> None:
    with pytest.raises(RefusedError):
        AppriseSender(None, {}).send(_message(), contact)


SECRET_WAYS: dict[str, Callable[[int], tuple[AppriseSender, str]]] = {
    "a webhook": lambda port: (
        AppriseSender(None, {"TOKEN": "s3cret"}),
        f"json://user:s3cret@127.0.0.1:{port}/${{TOKEN}}/500",
    ),
    "a webhook that is down": lambda port: (AppriseSender(None), "json://127.0.0.1:1/s3cret"),
    "a mail server that is down": lambda port: (
        AppriseSender("mailto://user:s3cret@127.0.0.1:1?from=a@example.com&mode=insecure"),
        DANA,
    ),
    "a URL nobody understands": lambda port: (AppriseSender(None), "slak://s3cret"),
}


@pytest.mark.parametrize("way", SECRET_WAYS.values(), ids=SECRET_WAYS)
def test_secrets_of_a_url_are_in_no_error_and_no_log(
    way: Callable[[int], tuple[AppriseSender, str]],
    hook: tuple[int, list[dict[str, Any]]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    sender, contact = way(hook[0])
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryError) as caught:
        sender.send(_message(), contact)
    assert "s3cret" not in caplog.text
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_others_may_log_while_nothing_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RefusedError):
        AppriseSender(None).send(_message(), "slak://x")
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("apprise").info("of somebody else")
    assert "of somebody else" in caplog.text
    with caplog.at_level(logging.WARNING):
        logging.getLogger("apprise").info("nobody asked for it")
    assert "nobody asked for it" not in caplog.text


def test_the_console_shows_the_message_and_no_secret() -> None:
    stream = io.StringIO()
    console = ConsoleSender(stream)
    console.send(_message(subject="May it?\nTo: evil"), DANA)
    console.send(_message(), "slack://s3cret/token")
    shown = stream.getvalue()
    assert "To: mailto:dana@example.com\nSubject: May it? To: evil\n" in shown
    assert "please decide." in shown
    assert "To: slack://...\n" in shown
    assert "s3cret" not in shown


def test_a_console_that_is_gone_is_a_failure() -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(FailedError):
        ConsoleSender(stream).send(_message(), DANA)


class _Dribbling(socketserver.BaseRequestHandler):
    """Begins an answer and never ends it, until it is told to."""

    ends: threading.Event

    def handle(self) -> None:
        self.request.recv(4096)
        self.request.sendall(b"HTTP/1.1 200 OK\r\n")
        while not self.ends.wait(0.01):
            self.request.sendall(b"X")
        self.request.sendall(b": x\r\nContent-Length: 0\r\n\r\n")


def test_a_channel_that_dribbles_fails_in_time_and_is_not_asked_twice_at_once() -> None:
    ends = threading.Event()
    handler = type("Handler", (_Dribbling,), {"ends": ends})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        contact = f"json://127.0.0.1:{server.server_address[1]}/"
        sender = AppriseSender(None, within_s=0.2)
        before = set(threading.enumerate())
        with pytest.raises(FailedError, match=r"did not take it within 0\.2 seconds"):
            sender.send(_message(), contact)
        (late,) = [
            one for one in set(threading.enumerate()) - before if one.name == "handraise-channel"
        ]
        with pytest.raises(FailedError, match="still busy with an earlier message"):
            sender.send(_message(), contact)
        started = set(threading.enumerate()) - before
        assert all(one.daemon and "ThreadPool" not in one.name for one in started)
        ends.set()
        late.join(timeout=60)
        patient = AppriseSender(None)
        patient.send(_message(), contact)
        server.shutdown()
