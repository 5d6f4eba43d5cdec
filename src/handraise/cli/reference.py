"""The reference of all commands as Markdown, made from the commands themselves.

`scripts/reference` writes it to `docs/reference/commands.md`; a test holds the two alike.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer.main

from handraise.cli.app import app

HEAD = """\
# Commands

Made from the commands by `scripts/reference`; `handraise COMMAND --help` says the same.

| exit code | meaning |
|---|---|
| 0 | done, or proceed |
| 1 | failed |
| 2 | wrong usage |
| 3 | escalated |
| 4 | the table has findings |
| 130 | interrupted |

Results go to stdout, errors to stderr: what is wrong, then the remedy. With `--json` both are JSON;
an error is `{"error": {"code", "message", "hint"}}`, with `findings` where the table has some.
Options win over the environment ([settings](settings.md)). Several tables may stand in one folder:
where a command says so, the folder's name stands for all its `*.yaml`.
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name, those in groups too."""
    yield from _below("handraise", typer.main.get_command(app))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inside = getattr(command, "commands", None)
    if not inside:
        yield name, command
        return
    if name == "handraise" or command.invoke_without_command:
        yield name, command
    for part, below in inside.items():
        yield from _below(f"{name} {part}", below)


def as_markdown() -> str:
    """Return the reference."""
    return "\n".join([HEAD, *(_section(name, command) for name, command in commands())])


def _section(name: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    is_group = bool(getattr(command, "commands", None))
    below = ("[COMMAND]" if command.invoke_without_command else "COMMAND") if is_group else ""
    usage = " ".join([name, *(_metavar(one) for one in arguments), below])
    words = inspect.cleandoc(command.help or "")
    rows = [*((_metavar(one), one) for one in arguments), *((_flags(one), one) for one in options)]
    lines = [
        f"## {name}",
        "",
        f"    {usage.strip()}{' [OPTIONS]' if options else ''}",
        "",
        words,
        "",
    ]
    if rows:
        lines += ["| | |", "|---|---|"]
        lines += [f"| `{_cell(left)}` | {_cell(_about(one))} |" for left, one in rows]
        lines.append("")
    return "\n".join(lines)


def _metavar(argument: Any) -> str:
    return f"{argument.metavar}..." if argument.nargs == -1 else str(argument.metavar)


def _flags(option: Any) -> str:
    flags = ", ".join(option.opts)
    return flags if option.is_flag else f"{flags} {option.metavar}"


def _about(parameter: Any) -> str:
    default = parameter.default
    words = str(parameter.help or "")
    is_plain = default is None or default is False or default == "" or callable(default)
    return words if is_plain else f"{words} Default: `{default}`."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    import sys

    sys.stdout.write(as_markdown())
