from collections import Counter
from pathlib import Path

import pytest

from handraise.demo.requests import (
    MIN_OF_TYPE,
    Columns,
    Request,
    as_unfamiliar,
    familiar,
    read_labelled,
    split,
    unfamiliar,
    without_rare,
)
from handraise.errors import InputError

LABELS = Columns(text="words", type="label")


def _csv(folder: Path, text: str) -> Path:
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_familiar_requests_are_many_of_many_types() -> None:
    requests = familiar()
    of_type = Counter(request.type for request in requests)
    assert len(requests) >= 900
    assert len(of_type) >= 24
    assert min(of_type.values()) >= 30


def test_the_unfamiliar_requests_are_of_other_types_and_all_for_a_person() -> None:
    requests = unfamiliar()
    assert len(requests) >= 120
    assert not {request.type for request in requests} & {request.type for request in familiar()}
    assert all(request.is_for_a_person and request.right_proposal is None for request in requests)


def test_no_message_is_there_twice() -> None:
    words = [" ".join(one.text.lower().split()) for one in (*familiar(), *unfamiliar())]
    ids = [one.id for one in (*familiar(), *unfamiliar())]
    assert len(set(words)) == len(words)
    assert len(set(ids)) == len(ids)


def test_a_type_has_one_right_action_and_its_money_points_one_way() -> None:
    actions: dict[str, set[str]] = {}
    signs: dict[str, set[bool]] = {}
    for request in familiar():
        actions.setdefault(request.type, set()).add(request.right_action)
        if request.amount:
            signs.setdefault(request.type, set()).add(request.amount > 0)
    assert all(len(found) == 1 for found in actions.values())
    assert all(len(found) == 1 for found in signs.values())
    assert set().union(*actions.values()) == {
        "send_reply",
        "refund",
        "change_billing",
        "delete_account",
    }


def test_money_is_at_stake_only_where_an_action_moves_it() -> None:
    still = [one for one in familiar() if one.right_action in {"send_reply", "delete_account"}]
    assert all(one.amount == one.right_amount == 0 for one in still)


def test_nobody_in_the_messages_has_the_name_of_somebody_on_the_table() -> None:
    ends = [one.text.rstrip(" .").rpartition(" ")[2].rpartition("\n")[2] for one in familiar()]
    assert not {"Dana", "Marc", "Ines", "Noor", "Priya"} & set(ends)


def test_where_nothing_is_owed_there_is_no_right_proposal() -> None:
    owed = Request(id="1", text="x", type="t", amount=40, right_action="refund", right_amount=12.5)
    nothing = Request(id="1", text="x", type="t", amount=40, right_action="refund")
    assert owed.right_proposal == {"refund": 12.5}
    assert nothing.right_proposal is None


def test_a_split_shares_no_request_and_gives_each_part_every_type() -> None:
    requests = familiar()
    parts = split(requests, 7)
    assert sorted(one.id for one in (*parts.train, *parts.run)) == sorted(
        one.id for one in requests
    )
    assert {one.type for one in parts.train} == {one.type for one in parts.run}


def test_a_split_can_be_repeated() -> None:
    assert split(familiar(), 7) == split(familiar(), 7)
    assert split(familiar(), 7) != split(familiar(), 8)


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    path = _csv(
        tmp_path, '\ufeffwords,label,usd\n"Hi, you",greeting,\nmoney back,refund,12.50\n,x,1\n'
    )
    columns = Columns(text="words", type="label", amount="usd")
    first, second = read_labelled(path, columns)
    assert (first.text, first.type, first.right_action) == ("Hi, you", "greeting", "send_reply")
    assert second.right_proposal == {"refund": 12.5}
    assert as_unfamiliar([second])[0].right_proposal is None


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("wrds,label\na,b\n", LABELS, 'has no column "words"; did you mean "wrds"?'),
        ("words,kind\na,b\n", LABELS, 'has no column "label"; it has words, kind'),
        ("", LABELS, 'has no column "words"; it is empty'),
        ("words,label\n,\n", LABELS, "no row has a text and a type"),
        ('words,label\n"a,b\n', LABELS, "is no CSV"),
        ("words,label,usd\na,b,lots\n", Columns(text="words", type="label", amount="usd"), ':2: "lots" is no amount'),
        ("words,label,usd\na,b,nan\n", Columns(text="words", type="label", amount="usd"), ':2: "nan" is no amount'),
    ],
    ids=["near", "far", "empty", "blank", "torn", "word", "nan"],
)  # fmt: skip
def test_a_bad_file_is_refused_with_the_place(
    tmp_path: Path, text: str, columns: Columns, said: str
) -> None:
    path = _csv(tmp_path, text)
    with pytest.raises(InputError) as refused:
        read_labelled(path, columns)
    assert said in str(refused.value)
    assert str(refused.value).startswith(str(path))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_labelled(tmp_path / "none.csv", LABELS)
    with pytest.raises(InputError, match="cannot be read"):
        read_labelled(tmp_path, LABELS)
    (tmp_path / "b.csv").write_bytes(b"words,label\n\xff,a\n")
    with pytest.raises(InputError, match="not UTF-8 text"):
        read_labelled(tmp_path / "b.csv", LABELS)


def _of(type: str, count: int) -> list[Request]:
    return [Request(id=f"{type}-{n}", text=f"{type} {n}", type=type) for n in range(count)]


def test_types_that_are_too_rare_to_learn_are_left_out_and_counted() -> None:
    kept, rare = without_rare([*_of("a", MIN_OF_TYPE), *_of("b", 9), *_of("c", MIN_OF_TYPE - 1)])
    assert {request.type for request in kept} == {"a", "b"}
    assert rare == {"c": MIN_OF_TYPE - 1}


def test_one_type_alone_cannot_be_learned() -> None:
    with pytest.raises(InputError, match=r"^only one type has 5 rows or more"):
        without_rare([*_of("a", 50), *_of("b", 2)])
    with pytest.raises(InputError, match=r"^no type has 5 rows or more"):
        without_rare(_of("b", 2))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_columns_may_be_separated_otherwise(tmp_path: Path, separator: str) -> None:
    rows = [("words", "label"), ('"Hi, you; there"', "greeting")]
    path = _csv(tmp_path, "\n".join(separator.join(row) for row in rows))
    [found] = read_labelled(path, LABELS)
    assert (found.text, found.type) == ("Hi, you; there", "greeting")
    with pytest.raises(InputError, match=r'no column "kind"; it has words, label'):
        read_labelled(path, Columns(text="words", type="kind"))
