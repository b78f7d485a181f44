"""dbt's documentation of a shop's models as one file, written from what the last run parsed: no warehouse is asked."""

import json
from importlib import resources
from pathlib import Path

EMPTY_CATALOG: dict[str, object] = {"metadata": {}, "nodes": {}, "sources": {}, "errors": None}


def write_dbt_docs(target: Path, folder: Path) -> bool:
    """Write `folder/index.html` from `target/manifest.json`; False where no run has left one.

    What `dbt docs generate --static` writes, without a catalog: columns and their types are in the contracts. A file
    that is newer than the manifest stays.
    """
    manifest = target / "manifest.json"
    index = folder / "index.html"
    if not manifest.is_file():
        return False
    if index.is_file() and index.stat().st_mtime >= manifest.stat().st_mtime:
        return True
    page = resources.files("dbt.task.docs").joinpath("index.html").read_text(encoding="utf-8")
    page = page.replace('"MANIFEST.JSON INLINE DATA"', manifest.read_text(encoding="utf-8"))
    page = page.replace('"CATALOG.JSON INLINE DATA"', json.dumps(EMPTY_CATALOG))
    folder.mkdir(parents=True, exist_ok=True)
    index.write_text(page, encoding="utf-8")
    return True
