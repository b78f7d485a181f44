"""What a shop says about its Yotpo Loyalty programme, and whom to ask about."""

import csv
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from orchestration.errors import UserError
from orchestration.sources.source import Secret, SourceSettings

GUID = Secret("YOTPO_LOYALTY_GUID", "GUID (Yotpo Loyalty, Settings, General settings)")
KEY = Secret("YOTPO_LOYALTY_API_KEY", "API key (Yotpo Loyalty, Settings, General settings)")


class YotpoLoyaltySettings(SourceSettings):
    """The API tells one member a call and lists none, so `members` names a CSV file in the shop's folder that does.

    It needs a column `email`, as Yotpo's own export of customers has. `calls_a_run` limits how many are asked about in
    one run; the next one goes on behind them.
    """

    members: Path
    calls_a_run: Annotated[int, Field(gt=0)] = 5_000

    @field_validator("members")
    @classmethod
    def _in_the_shop(cls, file: Path, info: ValidationInfo) -> Path:
        return Path((info.context or {}).get("folder", ".")) / file


def read_members(file: Path) -> list[str]:
    """The e-mails of the file's column `email`, in lower case, each once, in order.

    Raises:
        UserError: there is no such file or column.
    """
    if not file.is_file():
        raise UserError(f"{file}: no such file; sources.yotpo_loyalty.members names a CSV with a column email")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        column = next((name for name in reader.fieldnames or () if name.strip().lower() == "email"), None)
        if column is None:
            raise UserError(f"{file}: row 1: no column email; sources.yotpo_loyalty.members needs one")
        return sorted({email for row in reader if (email := (row[column] or "").strip().lower())})
