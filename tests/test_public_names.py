"""What `import handraise` offers: all of it there, said what it is, and light."""

import json
import subprocess
import sys

import pytest

import handraise

HEAVY = {"pydantic", "sqlalchemy", "starlette", "apprise", "httpx", "cryptography", "jinja2"}


@pytest.mark.parametrize("name", handraise.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(handraise, name)
    assert name == "__version__" or (value.__doc__ or "").strip()


def test_nothing_else_is_public() -> None:
    defined = {
        name
        for name, value in vars(handraise).items()
        if getattr(value, "__module__", "").startswith("handraise") and not name.startswith("_")
    }
    assert defined <= set(handraise.__all__)
    assert list(handraise.__all__) == sorted(handraise.__all__, key=handraise.__all__.index)
    with pytest.raises(AttributeError, match="Gaet"):
        getattr(handraise, "Gaet")  # noqa: B009 - the name is not there


def test_importing_it_is_light() -> None:
    program = "import sys, json, handraise; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in json.loads(run.stdout)}
    assert loaded & HEAVY == set()
