"""What is read of a text of any length."""

from handraise.core.familiar.reading import END, MAX_CHARACTERS, ends_of, readable


def test_a_text_that_is_not_too_long_is_read_as_it_is():
    whole = "a " * (MAX_CHARACTERS // 2)
    assert readable(whole) == whole


def test_of_a_longer_text_the_beginning_and_the_end_are_read():
    assert ends_of("a" * 90 + "b" * 20, 10, 4) == "aaaaa bbbb"
    read = readable("a" * 90_000 + "b" * 90_000)
    assert read == "a" * (MAX_CHARACTERS - END - 1) + " " + "b" * END


def test_characters_that_become_many_cannot_make_a_text_longer():
    many = "\ufdfa"  # one character that is composed of 18
    assert len(readable(many * MAX_CHARACTERS)) == MAX_CHARACTERS
    assert readable(many * 3_000 + " pay")[-4:] == " pay"
