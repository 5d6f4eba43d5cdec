"""A real PostgreSQL and a real Spark, each started once, and only where a test asks for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.support.databases import postgres  # noqa: F401


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A Spark of one process on this machine."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, and there is none on the path")
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .config("spark.driver.extraJavaOptions", f"-Dderby.system.home={folder}")
        .getOrCreate()
    )
    yield session
    session.stop()
