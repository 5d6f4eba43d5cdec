"""What commands print: lines for people, JSON for programs, errors on stderr.

Results go to stdout, everything about how it went to stderr. Nothing that came from a table or an
agent can steer the terminal: characters that do not print are replaced.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from handraise.errors import EXIT_CODE, Error, InputError, TableError

if TYPE_CHECKING:
    from handraise.cli.learned import Line

DONE, FAILED, WRONG_USAGE, ESCALATED, FINDINGS = 0, 1, 2, 3, 4
"""The exit codes: done or proceed, failed, wrong usage, escalated, the table has findings."""

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


def prepare_streams() -> None:
    """Make stdout and stderr write UTF-8, whatever the locale; what UTF-8 cannot say is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def say(text: str = "", *, bold: bool = False) -> None:
    """Print lines on stdout."""
    _write(sys.stdout, text, bold=bold)


def note(text: str) -> None:
    """Print lines on stderr: how it went, beside the result."""
    _write(sys.stderr, text)


def say_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    _write(sys.stdout, json_text(value))


def json_text(value: Any) -> str:
    """Return a value of plain types or records as JSON, indented."""
    import msgspec

    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=2)


def columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as lines with aligned columns."""
    lines = [[*header], *([*row] for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def counted(count: int, one: str, many: str = "") -> str:
    """Return `1 row`, `3 rows`, `no rows`."""
    return f"{count or 'no'} {one if count == 1 else many or one + 's'}"


def say_lines(lines: Iterable[Line]) -> None:
    """Print lines, the loud ones bold."""
    for line in lines:
        say(line.text, bold=line.is_loud)


def write_file(path: Path, text: str) -> None:
    """Write a text to a file, whole or not at all.

    Raises:
        InputError: it cannot be written there.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes to a file, whole or not at all.

    Raises:
        InputError: it cannot be written there.
    """
    if path.is_symlink():  # what it leads to is written, and the link stays
        path = path.resolve()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists() and not path.is_file():  # a pipe or a device
            path.write_bytes(content)
            return
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None


def report(error: Error, *, as_json: bool) -> int:
    """Print an error on stderr, and return its exit code."""
    code = exit_code(error)
    if as_json:
        content: dict[str, Any] = {"code": error.code, "message": error.message, "hint": error.hint}
        if isinstance(error, TableError):
            content["findings"] = error.findings
        note(json_text({"error": content}))
        return code
    if isinstance(error, TableError):
        note(error.message)
        return code
    _write(sys.stderr, f"error: {error.message}", bold=True)
    if error.hint:
        note(error.hint)
    return code


def report_usage(message: str, *, as_json: bool) -> int:
    """Print on stderr that the command was not understood, and return its exit code."""
    if as_json:
        note(json_text({"error": {"code": "usage", "message": message, "hint": ""}}))
    else:
        _write(sys.stderr, f"error: {message}", bold=True)
    return WRONG_USAGE


def exit_code(error: Error) -> int:
    """Return the exit code of an error: that of its class, or of the nearest one above."""
    return next(EXIT_CODE[kind] for kind in type(error).__mro__ if kind in EXIT_CODE)


def _write(stream: TextIO, text: str, *, bold: bool = False) -> None:
    printable = "".join(
        character if character.isprintable() or character in "\n\t" else "\ufffd"
        for character in text
    )
    if bold and stream.isatty() and not os.environ.get("NO_COLOR"):
        printable = typer.style(printable, bold=True)
    stream.write(printable + "\n")
