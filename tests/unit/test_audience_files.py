"""What audiences look like as files, and the settings behind them."""

import csv
import hashlib
from pathlib import Path

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestration.publish.audience_files import write_audience_files
from orchestration.shop import AudienceSettings
from tests.conftest import REPOSITORY

# Characters that decide what a spreadsheet makes of a cell, and some that must not.
_CELLS = st.text(st.sampled_from("=+-@\t\r\n＝＋－＠'\" ,;ab1é茶"), min_size=1, max_size=8)  # noqa: RUF001
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))


@settings(max_examples=25)
@given(cells=st.lists(_CELLS, min_size=1, max_size=20, unique=True))
def test_no_cell_runs_as_a_formula_and_no_other_changes(
    cells: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("files")
    with duckdb.connect() as connection:
        connection.execute("create schema audiences; create table audiences.vip (person_id varchar, email varchar)")
        connection.executemany("insert into audiences.vip values ('p', ?)", [[cell] for cell in cells])
        (entry, _) = write_audience_files(connection, ["vip"], folder)
    header, *rows = _rows(folder / "audiences" / "vip.csv")
    assert header == ["person_id", "email"]
    assert entry["rows"] == len(cells) == len(rows)
    written = {row[1] for row in rows}
    assert not any(cell.startswith(_FORMULA) for cell in written)
    assert written == {f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells}


def test_hashes_are_of_the_normalised_address_and_service_has_none(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create schema audiences; create schema seeds;"
            "create table seeds.audiences as select * from (values ('vip', false), ('delay', true)) t(key, is_service);"
            "create table audiences.vip as "
            "select ' Ann@Example.com ' as email, timestamp '2025-07-01 04:00' as entered_at;"
            "create table audiences.delay as from audiences.vip"
        )
        written = write_audience_files(connection, ["delay", "vip"], tmp_path)
    assert [entry["path"] for entry in written] == [
        "audiences/delay.csv",
        "audiences/vip.csv",
        "audiences/hashed/vip.csv",
    ]
    assert _rows(tmp_path / "audiences/hashed/vip.csv") == [["email"], [hashlib.sha256(b"ann@example.com").hexdigest()]]
    assert _rows(tmp_path / "audiences/vip.csv")[1] == [" Ann@Example.com ", "2025-07-01T04:00:00Z"]


def test_the_settings_of_dbt_are_those_of_a_shop() -> None:
    project = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["vars"]["audiences"] == AudienceSettings().model_dump(mode="json")


@pytest.mark.parametrize(
    "wrong",
    [
        {"check_in_from_days": 8},
        {"replenishment_to_days": 15},
        {"durable_from_days": 61},
        {"global_holdout_share": 1},
        {"holdout_shares": {"win_back": -0.1}},
        {"holdout_shares": {"winback": 0.1}},
        {"holdout_shares": {"delay": 0.1}},
        {"no_such_window": 1},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AudienceSettings.model_validate(wrong)


def test_docs_list_every_audience_and_setting() -> None:
    text = (REPOSITORY / "docs" / "audiences.md").read_text(encoding="utf-8")
    with (REPOSITORY / "seeds" / "audiences.csv").open(encoding="utf-8", newline="") as handle:
        keys = {row["key"] for row in csv.DictReader(handle)}
    assert {key for key in keys if f"`{key}`" not in text} == set()
    assert {name for name in AudienceSettings.model_fields if f"`{name}`" not in text} == set()
    exposures = yaml.safe_load((REPOSITORY / "models/audiences/_audiences__exposures.yml").read_text(encoding="utf-8"))
    owned = {exposure["name"].removesuffix("_audience") for exposure in exposures["exposures"] if exposure["owner"]}
    assert owned == keys
