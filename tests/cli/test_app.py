"""How commands begin and end, whichever they are."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from handraise.cli.output import DONE, WRONG_USAGE, columns, counted, exit_code
from handraise.cli.reference import as_markdown, commands
from handraise.errors import EXIT_CODE, Error
from tests.cli.running import PROGRAM, Runner

ROOT = Path(__file__).parents[2]
SLOW = ("pydantic", "sqlalchemy", "starlette", "apprise", "ruamel", "rich", "uvicorn", "structlog")
ALL = dict(commands())


def test_help_lists_every_command(command: Runner) -> None:
    ran = command("--help")
    assert ran.code == DONE
    for name in ALL:
        words = name.split()
        assert len(words) == 1 or f"  {words[1]}" in ran.out


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_help(command: Runner, name: str) -> None:
    ran = command(*name.split()[1:], "--help")
    assert ran.code == DONE
    assert ran.out.startswith(f"Usage: {name}")


@pytest.mark.parametrize("name", ALL)
def test_every_argument_and_option_has_words_and_a_place_for_its_value(name: str) -> None:
    assert ALL[name].help
    for parameter in ALL[name].params:
        assert parameter.help, parameter.name
        assert parameter.metavar or parameter.is_flag, parameter.name


def test_the_reference_is_the_one_the_commands_make() -> None:
    written = ROOT / "docs" / "reference" / "commands.md"
    assert written.read_text(encoding="utf-8") == as_markdown(), "run scripts/reference"


def test_the_reference_names_every_command_and_option() -> None:
    text = as_markdown()
    for name, one in ALL.items():
        section = text.split(f"## {name}\n", 1)[1].split("\n## ", 1)[0]
        for parameter in one.params:
            if parameter.param_type_name == "option":
                assert all(flag in section for flag in parameter.opts)
            else:
                assert parameter.metavar in section


def test_help_loads_nothing_slow(folder: Path) -> None:
    text = (
        "import sys; from handraise.cli.app import run; run(['--help']); "
        f"print([name for name in {SLOW} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_the_version_is_printed(program: Runner) -> None:
    import handraise

    ran = program("--version")
    assert (ran.code, ran.out) == (DONE, f"handraise {handraise.__version__}\n")


@pytest.mark.parametrize("arguments", [(), ("key",), ("store",)])
def test_without_a_command_the_help_is_shown(command: Runner, arguments: tuple[str, ...]) -> None:
    ran = command(*arguments)
    assert ran.code == WRONG_USAGE
    assert ran.out == ""
    assert ran.err.startswith("Usage: handraise")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nope",),
        ("check", "--nope"),
        ("table", "--format", "pdf"),
        ("key", "add"),
        ("serve", "--port", "99999"),
    ],
)
def test_what_is_not_understood_ends_with_2(command: Runner, arguments: tuple[str, ...]) -> None:
    ran = command(*arguments)
    assert ran.code == WRONG_USAGE
    assert ran.out == ""
    message, hint = ran.err.splitlines()
    assert message.startswith("error: ")
    assert "--help` lists what it takes" in hint
    assert "Traceback" not in ran.err


def test_what_is_not_understood_is_json_where_json_was_asked_for(command: Runner) -> None:
    ran = command("check", "--nope", "--json")
    assert ran.code == WRONG_USAGE
    assert ran.error["code"] == "usage"
    assert "--nope" in ran.error["message"]


@pytest.mark.parametrize("name", ["check", "table", "test", "ready", "try", "serve", "worker"])
def test_a_missing_table_says_how_to_begin(command: Runner, name: str) -> None:
    more = ["--decision", "{}"] if name == "try" else []
    more = ["--console", "--port", "0"] if name == "serve" else more
    ran = command(name, *more)
    assert ran.code == WRONG_USAGE
    assert ran.out == ""
    assert ran.err.splitlines() == [
        "error: handraise.yaml: there is no such file",
        "`handraise init` writes a table to begin with",
    ]


@pytest.mark.parametrize("name", ["check", "test", "ready"])
def test_an_error_is_json_on_stderr_where_json_was_asked_for(command: Runner, name: str) -> None:
    ran = command(name, "nowhere.yaml", "--json")
    assert (ran.code, ran.out) == (WRONG_USAGE, "")
    assert ran.error["code"] == "input"
    assert ran.error["message"] == "nowhere.yaml: there is no such file"
    assert "handraise init" in ran.error["hint"]


@pytest.mark.parametrize("kind", EXIT_CODE)
def test_every_error_has_its_exit_code(kind: type[Error]) -> None:
    error = kind.__new__(kind)
    assert exit_code(error) == EXIT_CODE[kind]


def test_an_error_made_later_ends_like_the_one_above_it() -> None:
    class LaterError(Error):
        pass

    assert exit_code(LaterError("x")) == EXIT_CODE[Error]


def test_a_reader_that_went_away_is_no_noise(folder: Path) -> None:
    unread, writing = os.pipe()
    os.close(unread)
    done = subprocess.run(
        [*PROGRAM, "schema"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_ctrl_c_ends_quietly_with_130(folder: Path, mission: Path) -> None:
    waiting = folder / "waiting"
    os.mkfifo(waiting)
    process = subprocess.Popen(
        [*PROGRAM, "try", "--decision", f"@{waiting}"], stderr=subprocess.PIPE, text=True
    )
    with waiting.open("w"):  # opens once the command reads
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err.strip()) == (130, "")


def test_output_is_utf_8_whatever_the_locale(program: Runner, mission: Path) -> None:
    ran = program("table", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.code == DONE
    assert "→ finance_lead" in ran.out


def test_nothing_is_coloured_off_a_terminal(program: Runner) -> None:
    assert "\x1b" not in program("check").err
    assert "\x1b" not in program("check", FORCE_COLOR="1", NO_COLOR="1").err


def test_words_of_a_table_cannot_steer_the_terminal(command: Runner, folder: Path) -> None:
    (folder / "handraise.yaml").write_text('"\\e[31m": 1\n', encoding="utf-8")
    ran = command("check")
    assert "\x1b" not in ran.out


def test_columns_are_aligned() -> None:
    assert columns(("a", "b"), [("long", "x"), ("s", "")]) == "a     b\nlong  x\ns"


def test_counts_are_words() -> None:
    assert counted(0, "row") == "no rows"
    assert counted(1, "row") == "1 row"
    assert counted(2, "person", "people") == "2 people"
