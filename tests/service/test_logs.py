"""Logs are never in the way of the gate."""

import io
import sys
from pathlib import Path

import pytest
import structlog

from handraise.service.logs import Log, crash_text


def test_lines_go_to_standard_error_since_standard_output_is_the_agents(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Log("handraise.x").error("the disk is full", place="somewhere")
    said = capsys.readouterr()
    assert said.out == ""
    assert "the disk is full" in said.err
    assert "somewhere" in said.err


def test_the_applications_own_configuration_holds(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.configure(processors=[structlog.processors.JSONRenderer()])
    Log("handraise.x").critical("look")
    assert capsys.readouterr().out == '{"event": "look"}\n'


def test_a_closed_stream_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    Log("handraise.x").warning("nobody can read this")
    monkeypatch.setattr(sys, "stderr", None)
    Log("handraise.x").warning("nor this")


def test_of_an_exception_the_places_are_told_and_no_words() -> None:
    try:
        Path("/nowhere/a customer's name").read_text()
    except OSError as error:
        told = crash_text(error)
    assert told.startswith("FileNotFoundError\n")
    assert "customer" not in told
