"""The dbt unit tests of every model, against the columns that the demo shop's warehouse really has."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import Demo


def test_every_unit_test_of_the_models_passes(repository: Path, demo: Demo, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "dbt"), "test", "--select", "test_type:unit", "--no-use-colors"]
    result = subprocess.run(
        [*command, "--target-path", str(tmp_path), "--log-path", str(tmp_path)],
        cwd=repository,
        env={
            **os.environ,
            "DBT_PROFILES_DIR": str(repository),
            "SECOND_ORDER_WAREHOUSE": str(demo.data / "warehouse.duckdb"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:]
    done = re.search(r"Done\. PASS=(\d+) WARN=0 ERROR=0 SKIP=0", result.stdout)
    written = sum(
        len(re.findall(r"^    model: (?!ref\()", file.read_text(encoding="utf-8"), re.MULTILINE))
        for file in (repository / "models").rglob("*.yml")
    )
    assert done is not None
    assert int(done[1]) == written
