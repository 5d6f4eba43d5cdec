"""How an operation is put together: nothing begins in which somebody could never be told."""

import threading
from pathlib import Path

import pytest

import handraise
from handraise.errors import FailedError, InputError, SettingsError, TableError
from handraise.model import Message
from handraise.service.wiring import assemble
from handraise.service.working.worker import LEASE, LEASE_S
from handraise.settings import Settings
from tests.support.operation import AGENT, BIG, SECRET, TABLE, RecordingSender
from tests.support.verified import verify_everybody

MAIL = "mailto://127.0.0.1:25?from=handraise@example.com&mode=insecure"


def _table(folder: Path, text: str = TABLE, name: str = "handraise.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def _settings(**more: object) -> Settings:
    return Settings(**{"secret": SECRET, **more})  # type: ignore[arg-type]


def test_the_store_and_the_secret_are_made_beside_the_table(tmp_path: Path) -> None:
    operation = assemble([_table(tmp_path)], Settings(console=True))
    operation.close()
    operation.close()
    names = {path.name for path in tmp_path.iterdir()}
    assert {"handraise.db", "handraise.secret", "handraise.yaml"} <= names


def test_the_secret_is_kept_beside_the_store(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    url = f"sqlite:///{tmp_path}/elsewhere/store.db"
    assemble([_table(folder)], Settings(console=True, store_url=url)).close()
    assert (tmp_path / "elsewhere" / "handraise.secret").is_file()
    # What a store knows can be served without a file.
    again = assemble([], Settings(console=True, store_url=url))
    assert list(again.gates) == [AGENT]
    again.close()


@pytest.mark.parametrize(
    ("contact", "settings", "environment", "said"),
    [
        ("mailto:dana@example.com", {}, {}, "no mail server"),
        ("${DANA}", {"mail": MAIL}, {}, "DANA is not set"),
        ("${DANA}", {"mail": MAIL}, {"DANA": "slak://s3cret"}, "no channel understands"),
        ("${DANA}", {"mail": MAIL}, {"DANA": "mailto:dana"}, "no mail address"),
        ("mailto:dana@example.com", {"mail": "smtp.example.com"}, {}, "HANDRAISE_MAIL"),
        ("mailto:dana@example.com", {"mail": f"{MAIL}&to=x@example.com"}, {}, "HANDRAISE_MAIL"),
    ],
)
def test_somebody_who_cannot_be_reached_is_found_at_the_start(
    contact: str,
    settings: dict[str, str],
    environment: dict[str, str],
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    path = _table(folder, TABLE.replace("mailto:dana@example.com", contact))
    with pytest.raises(SettingsError, match=said) as caught:
        assemble([path], _settings(**settings))
    assert "s3cret" not in str(caught.value)
    assemble([path], _settings(console=True)).close()
    assemble([path], _settings(), delivers=False).close()


def test_with_everybody_in_reach_it_begins(folder: Path) -> None:
    assemble([_table(folder)], _settings(mail=MAIL)).close()


def test_two_files_of_one_agent_are_refused(folder: Path) -> None:
    """Otherwise a forgotten copy in the folder would be the table that judges."""
    _table(folder, TABLE, "a.yaml")
    _table(folder, TABLE.replace("0.72", "0.01"), "b.yaml")
    with pytest.raises(InputError, match=r"b\.yaml.*a\.yaml"):
        assemble([folder], _settings(console=True))


def test_a_table_with_findings_or_without_a_file_is_refused(folder: Path) -> None:
    for text, error in (("handraise: 1", TableError), ("[", TableError)):
        with pytest.raises(error):
            assemble([_table(folder, text)], _settings(console=True))
    for places in ([folder / "none.yaml"], [], [folder / "empty"]):
        (folder / "empty").mkdir(exist_ok=True)
        with pytest.raises(InputError):
            assemble(places, _settings(console=True))
    url = f"sqlite:///{folder}/new.db"
    with pytest.raises(InputError, match="knows no table"):
        assemble([], _settings(console=True, store_url=url))


def test_a_short_secret_is_refused(folder: Path) -> None:
    with pytest.raises(SettingsError, match="secret"):
        assemble([_table(folder)], _settings(secret="short", console=True))


def test_open_takes_a_file_or_a_folder_with_one_table(folder: Path) -> None:
    path = _table(folder)
    for place in (path, str(path), folder):
        with handraise.open(place, console=True, secret=SECRET, worker=False) as gate:
            assert gate.agent == AGENT
    _table(folder, TABLE.replace(AGENT, "other-agent"), "other.yaml")
    with pytest.raises(InputError, match="2 tables"):
        handraise.open(folder, console=True, secret=SECRET, worker=False)


def test_beside_a_server_a_gate_that_can_tell_nobody_says_what_to_do(folder: Path) -> None:
    place = _table(folder)
    server = assemble([place], Settings(console=True))
    server.store.acquire_lease(LEASE, "a server", server.clock.now(), LEASE_S)
    with pytest.raises(SettingsError) as caught:
        handraise.open(place)
    assert "no mail server" in caught.value.message
    assert "worker=False" in (caught.value.hint or "")
    assert "handraise.connect" in (caught.value.hint or "")
    handraise.open(place, worker=False).close()
    server.close()
    with pytest.raises(SettingsError) as caught:  # where none runs, that would be silent
        handraise.open(_table(folder, name="alone.yaml"), store=f"sqlite:///{folder}/other.db")
    assert "worker=False" not in (caught.value.hint or "")


def test_the_worker_of_an_opened_gate_tells_the_person(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with handraise.open(_table(folder), console=True, secret=SECRET, rehearsal=True) as gate:
        gate.decide(**BIG)
    assert (
        "To: mailto:ines@example.com\nSubject: [REHEARSAL] Urgent: May" in capsys.readouterr().err
    )


def test_closing_goes_on_when_the_messages_cannot_be_sent(folder: Path) -> None:
    sender = RecordingSender()
    sender.is_down = True
    operation = assemble([_table(folder)], _settings(), sender=sender, yields=True)
    verify_everybody(operation)
    operation.start()
    operation.gates[AGENT].decide(**BIG)
    operation.close()
    sender.is_down = False
    again = assemble([_table(folder)], _settings(), sender=sender)
    assert [message.state for message in again.store.messages(to="ines")] == ["pending"]
    again.close()


def test_closing_does_not_wait_for_a_channel_that_hangs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Hanging:
        entered = threading.Event()
        ends = threading.Event()

        def send(self, message: Message, contact: str) -> None:
            self.entered.set()
            assert self.ends.wait(timeout=60)
            raise FailedError("too late")

    sender = Hanging()
    operation = assemble([_table(folder)], _settings(), sender=sender, yields=True)
    verify_everybody(operation)
    operation.start()
    operation.gates[AGENT].decide(**BIG)
    assert sender.entered.wait(timeout=60)

    operation.close(patience_s=0.01)

    assert "messages wait until a worker runs again" in capsys.readouterr().err
    again = assemble([_table(folder)], _settings(), sender=RecordingSender())
    assert [message.state for message in again.store.messages(to="ines")] == ["pending"]
    sender.ends.set()
    again.close()
