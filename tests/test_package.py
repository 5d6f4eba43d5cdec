from importlib.metadata import version
from pathlib import Path

import handraise

PACKAGE = Path(handraise.__file__).parent


def test_the_version_is_the_one_that_is_installed() -> None:
    assert handraise.__version__ == version("handraise")


def test_the_package_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


def test_every_folder_with_code_is_a_package() -> None:
    """The check of imports does not look into a folder without `__init__.py`."""
    folders = {module.parent for module in PACKAGE.rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
