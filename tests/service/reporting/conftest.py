"""A report's inputs, made once: a table, what backtest says of it, and what calibrate says."""

import pytest

from handraise.service.reporting.inputs import Inputs, read_inputs
from tests.support.reported import Files, reported


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The table of the example and two thousand decisions, backtested and calibrated."""
    return reported(tmp_path_factory.mktemp("reported"), 2_000)


@pytest.fixture(scope="session")
def inputs(files: Files) -> Inputs:
    """All that a report can be made of."""
    return read_inputs(files.table, backtest=files.backtest, calibrated=files.calibrated)
