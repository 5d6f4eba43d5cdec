"""Vectors kept while something is learned."""

import numpy as np

from handraise.service.learning.kept import KeptVectors


def test_each_text_is_encoded_once_and_comes_back_in_the_order_asked_for():
    asked = []

    def encode(texts):
        asked.extend(texts)
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    kept = KeptVectors(encode)
    assert kept(["a", "bb", "a"])[:, 0].tolist() == [1, 2, 1]
    assert kept(["ccc", "bb"])[:, 0].tolist() == [3, 2]
    assert kept(["a"])[:, 0].tolist() == [1]
    assert asked == ["a", "bb", "ccc"]
