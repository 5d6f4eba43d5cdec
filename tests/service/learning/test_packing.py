"""What was learned comes back from its files as it was, and names nobody's words."""

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from handraise.core.familiar.look import Asked
from handraise.core.familiar.model import judged
from handraise.service.learning.packing import packed, unpacked
from tests.service.learning.test_fitting import encode
from tests.support.familiar import learned, requests, small

MARK = "zebraquokka"


def there_and_back(fitted):
    content = packed(fitted.model, fitted.held_out)
    meta = msgspec.json.decode(msgspec.json.encode(content.meta, order="sorted"))
    return unpacked(meta, content.arrays)


def all_bytes(fitted):
    content = packed(fitted.model, fitted.held_out)
    yield msgspec.json.encode(content.meta)
    for array in content.arrays.values():
        yield array.tobytes()


@pytest.mark.parametrize(
    ("fields", "encoder"),
    [
        ({}, None),
        ({"kinds": {}}, None),
        ({"kinds": {}}, encode),
        ({"reads_text": False}, None),
        ({"kinds": {"country": "text"}, "reads_text": False}, None),
        ({"kinds": {"amount": "number"}}, None),
    ],
)
@pytest.mark.parametrize(
    "types", [("refund",), ("refund", "delay"), ("refund", "delay", "broken", "address", "invoice")]
)
def test_what_comes_back_judges_as_what_was_fitted(fields, encoder, types):
    fitted = learned(requests(330, types=types), 50, encode=encoder, **fields)
    model, held_out = there_and_back(fitted)
    asked = [*requests(30, seed=5), Asked("zebra", None, {"country": "XX", "amount": 1e9})]
    before = judged(fitted.model, fitted.held_out, asked, encoder)
    after = judged(model, held_out, asked, encoder)
    assert after.p == pytest.approx(before.p, abs=1e-6)
    assert after.checks == pytest.approx(before.checks, abs=1e-6)
    assert model.types == fitted.model.types


def test_kept_texts_come_back():
    model, _ = there_and_back(small())
    assert model.wording.texts == small().model.wording.texts


def test_an_unknown_member_cannot_be_packed():
    fitted = learned(requests(30, facts=False), 5, kinds={})
    odd = replace(fitted.model, wording=replace(fitted.model.wording, members=("odd",)))
    with pytest.raises(TypeError, match="unknown member str"):
        packed(odd, fitted.held_out)


def test_what_is_missing_is_a_key_that_is_missing():
    content = packed(small().model, small().held_out)
    for name in content.arrays:
        if not name.endswith("_directions"):
            without = {other: array for other, array in content.arrays.items() if other != name}
            with pytest.raises(KeyError):
                unpacked(content.meta, without)


def marked():
    asked = requests(120)
    texts = [f"{one.text} {MARK} {MARK}{at}" for at, one in enumerate(asked)]
    facts = [
        one.facts | {"country": f"{MARK}{at}" if at % 5 == 0 else "PT"}
        for at, one in enumerate(asked)
    ]
    return [Asked(*some) for some in zip(texts, (one.type for one in asked), facts, strict=True)]


def test_no_word_of_a_request_and_no_value_of_a_single_row_is_kept():
    for content in all_bytes(learned(marked(), 20)):
        assert MARK.encode() not in content
        assert MARK.encode("utf-32-le") not in content


def test_texts_are_kept_where_that_was_asked():
    assert any(MARK.encode() in one for one in all_bytes(learned(marked(), 20, keep_texts=True)))


def test_the_same_rows_give_the_same_bytes():
    first, second = (list(all_bytes(learned(requests(120), 20))) for _ in range(2))
    assert first == second
    assert first != list(all_bytes(learned(requests(120, seed=1), 20)))


def test_no_array_holds_objects_or_what_is_no_number():
    for name, array in packed(small().model, small().held_out).arrays.items():
        assert array.dtype.kind in "iufb", name
        assert (array.astype(np.float64) < np.inf).all(), name
