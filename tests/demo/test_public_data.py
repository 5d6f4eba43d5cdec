"""A run on requests that others wrote: CLINC150 (Larson et al., 2019), from the folder HANDRAISE_DATA names.

The folder holds `clinc150/data_small.json`, whose parts are lists of [text, type].
"""

import csv
import json
import os
from pathlib import Path

import pytest

from handraise.demo.requests import Columns
from handraise.demo.run import Options, run

BESIDE = Path(__file__).parents[3] / "shared" / "data"
DATA = Path(os.environ.get("HANDRAISE_DATA") or BESIDE)

pytestmark = pytest.mark.skipif(
    not (DATA / "clinc150").is_dir(),
    reason="CLINC150 is not here; HANDRAISE_DATA names the folder that holds clinc150/",
)

FAMILIAR = ("train", "val", "test")
UNFAMILIAR = ("oos_train", "oos_val", "oos_test")


def written_as_csv(data: Path, folder: Path) -> tuple[Path, Path]:
    """Write CLINC150 as two labelled files, and return them."""
    parts = json.loads((data / "clinc150" / "data_small.json").read_text(encoding="utf-8"))
    found = []
    for name, chosen in (("familiar", FAMILIAR), ("unfamiliar", UNFAMILIAR)):
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["request", "intent"])
            writer.writerows(row for part in chosen for row in parts[part])
        found.append(path)
    return found[0], found[1]


def test_150_types_of_requests_that_others_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    familiar, unfamiliar = written_as_csv(DATA, tmp_path)
    columns = Columns(text="request", type="intent")
    options = Options(
        requests=familiar, unfamiliar=unfamiliar, columns=columns, limit=400, as_json=True
    )
    assert run(options) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["accuracy"] > 0.85
    assert found["with_gate"]["rate"] < found["without_gate"]["rate"] / 2
    assert found["unfamiliar_stopped"] / found["unfamiliar"] > 0.7
    assert found["waiting"] == 0
