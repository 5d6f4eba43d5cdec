"""What was learned as JSON and arrays, and back: the content of the learned files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct, convert, to_builtins
from numpy.typing import NDArray

from handraise.core.familiar.facts import Facts, Numbers, Values
from handraise.core.familiar.grams import Vocabulary, Words
from handraise.core.familiar.letters import Letters
from handraise.core.familiar.model import HeldOut, Model
from handraise.core.familiar.signs import Signs
from handraise.core.familiar.together import Together
from handraise.core.familiar.wording import (
    Energy,
    Margins,
    Member,
    Neighbours,
    Squeezed,
    Unseen,
    Wording,
)

Arrays = dict[str, NDArray[Any]]


class Packed(Struct, frozen=True):
    """Learned content: what is no array as plain JSON, and the arrays by name."""

    meta: dict[str, Any]
    arrays: Arrays


def packed(model: Model, held_out: HeldOut) -> Packed:
    """Return what was learned as JSON and arrays."""
    arrays: Arrays = {
        "held_out_members": held_out.members,
        "held_out_checks": held_out.checks,
        "held_out_whole": held_out.whole,
    }
    meta: dict[str, Any] = {
        "types": model.types,
        "named": sorted(model.named),
        "checks": held_out.names,
    }
    if model.wording is not None:
        meta["wording"] = _wording_packed(model.wording, arrays)
    if model.letters is not None:
        meta["scripts"] = model.letters.scripts
        meta["signs"] = to_builtins(model.letters.signs)
        arrays["letters_surprise"] = model.letters.surprise
        arrays["letters_seen"] = model.letters.seen
        arrays["letters_lengths"] = model.letters.lengths
    if model.facts is not None:
        meta["facts"] = _facts_packed(model.facts, arrays)
    return Packed(meta, arrays)


def unpacked(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> tuple[Model, HeldOut]:
    """Return what was learned, from JSON and arrays.

    Raises:
        KeyError: something is missing.
        msgspec.ValidationError: it is something else.
    """
    letters = None
    if "scripts" in meta:
        letters = Letters(
            arrays["letters_surprise"],
            arrays["letters_seen"],
            arrays["letters_lengths"],
            meta["scripts"],
            convert(meta["signs"], Signs),
        )
    model = Model(
        tuple(meta["types"]),
        _wording(meta["wording"], arrays) if "wording" in meta else None,
        letters,
        _facts(meta["facts"], arrays) if "facts" in meta else None,
        frozenset(meta["named"]),
    )
    held_out = HeldOut(
        arrays["held_out_members"],
        arrays["held_out_checks"],
        tuple(meta["checks"]),
        arrays["held_out_whole"],
    )
    return model, held_out


def _wording_packed(wording: Wording, arrays: Arrays) -> dict[str, Any]:
    arrays["vocabulary_hashes"] = wording.vocabulary.hashes
    arrays["vocabulary_weights"] = wording.vocabulary.weights
    arrays["projection"] = wording.projection.bytes
    arrays["projection_scale"] = wording.projection.scale
    arrays["words_hashes"] = wording.words.hashes
    arrays["words_weights"] = wording.words.weights
    arrays["row_types"] = wording.types
    arrays["row_numbers"] = wording.rows
    members = [
        _member_packed(member, f"member_{at}", arrays) for at, member in enumerate(wording.members)
    ]
    return {"members": members, "texts": wording.texts}


def _member_packed(member: Member, name: str, arrays: Arrays) -> dict[str, Any]:
    match member:
        case Neighbours():
            arrays[f"{name}_seen"] = member.seen.astype(np.float16)
            if member.directions is not None:
                arrays[f"{name}_directions"] = member.directions
            return {"look": "neighbours", "space": member.space, "count": member.count}
        case Energy():
            arrays[f"{name}_weights"] = member.weights
            arrays[f"{name}_bias"] = member.bias
            return {"look": "energy", "space": member.space}
        case Margins():
            arrays[f"{name}_weights"] = member.weights.bytes
            arrays[f"{name}_scale"] = member.weights.scale
            arrays[f"{name}_bias"] = member.bias
            return {"look": "margins"}
        case Unseen():
            return {"look": "unseen"}
    msg = f"unknown member {type(member).__name__}"
    raise TypeError(msg)


def _wording(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Wording:
    words = Words(arrays["words_hashes"], arrays["words_weights"])
    members = tuple(
        _member(one, f"member_{at}", arrays, words) for at, one in enumerate(meta["members"])
    )
    texts = meta["texts"]
    return Wording(
        vocabulary=Vocabulary(arrays["vocabulary_hashes"], arrays["vocabulary_weights"]),
        projection=Squeezed(arrays["projection"], arrays["projection_scale"]),
        words=words,
        members=members,
        types=arrays["row_types"],
        rows=arrays["row_numbers"],
        texts=None if texts is None else tuple(texts),
    )


def _member(
    meta: Mapping[str, Any], name: str, arrays: Mapping[str, NDArray[Any]], words: Words
) -> Member:
    look = meta["look"]
    if look == "neighbours":
        return Neighbours(
            meta["space"],
            arrays.get(f"{name}_directions"),
            arrays[f"{name}_seen"].astype(np.float32),
            meta["count"],
        )
    if look == "energy":
        return Energy(meta["space"], arrays[f"{name}_weights"], arrays[f"{name}_bias"])
    if look == "margins":
        weights = Squeezed(arrays[f"{name}_weights"], arrays[f"{name}_scale"])
        return Margins(weights, arrays[f"{name}_bias"])
    return Unseen(words)


def _facts_packed(facts: Facts, arrays: Arrays) -> dict[str, Any]:
    values, numbers = {}, {}
    for at, (name, one) in enumerate(facts.values.items()):
        _put_counts(arrays, f"values_{at}", one.counts)
        values[name] = {"array": f"values_{at}", "count": one.count, "shown": one.shown}
    for at, (name, found) in enumerate(facts.numbers.items()):
        arrays[f"numbers_{at}"] = found.familiar
        by_type = {}
        for place, (type, some) in enumerate(found.by_type.items()):
            arrays[f"numbers_{at}_{place}"] = some
            by_type[type] = f"numbers_{at}_{place}"
        numbers[name] = {"array": f"numbers_{at}", "by_type": by_type}
    _put_counts(arrays, "pairs", facts.pairs)
    if facts.together is not None:
        arrays["together"] = facts.together.rows
        arrays["together_held_out"] = facts.together.held_out
    return {
        "rows": facts.rows,
        "missing": facts.missing,
        "values": values,
        "numbers": numbers,
        "together": None if facts.together is None else facts.together.facts,
        "unpaired": facts.unpaired,
    }


def _facts(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Facts:
    together = None
    if meta["together"] is not None:
        together = Together(
            tuple(meta["together"]), arrays["together"], arrays["together_held_out"]
        )
    return Facts(
        rows=meta["rows"],
        missing=meta["missing"],
        values={
            name: Values(one["count"], _counts(arrays, one["array"]), tuple(one["shown"]))
            for name, one in meta["values"].items()
        },
        numbers={
            name: Numbers(
                arrays[one["array"]],
                {type: arrays[array] for type, array in one["by_type"].items()},
            )
            for name, one in meta["numbers"].items()
        },
        pairs=_counts(arrays, "pairs"),
        together=together,
        unpaired=tuple((one, other) for one, other in meta["unpaired"]),
    )


def _put_counts(arrays: Arrays, name: str, counts: Mapping[int, int]) -> None:
    """Keep counts by hash as two arrays, in the order of hashes."""
    hashes = sorted(counts)
    arrays[f"{name}_hashes"] = np.array(hashes, dtype=np.uint64)
    arrays[f"{name}_counts"] = np.array([counts[hash] for hash in hashes], dtype=np.int64)


def _counts(arrays: Mapping[str, NDArray[Any]], name: str) -> dict[int, int]:
    pairs = zip(arrays[f"{name}_hashes"].tolist(), arrays[f"{name}_counts"].tolist(), strict=True)
    return dict(pairs)
