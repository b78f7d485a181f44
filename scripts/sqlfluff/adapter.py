"""dbt's ``adapter``, as far as SQLFluff's Jinja templater needs it: SQLFluff renders models without dbt."""

from collections.abc import Callable

from jinja2 import pass_context
from jinja2.runtime import Context


@pass_context
def dispatch(context: Context, macro_name: str, macro_namespace: str | None = None) -> Callable[..., object]:
    """The macro that dbt would choose on DuckDB: ``duckdb__<name>``, or else ``default__<name>``."""
    del macro_namespace
    for prefix in ("duckdb", "default"):
        macro = context.get(f"{prefix}__{macro_name}")
        if callable(macro):
            return macro
    raise LookupError(f"no macro duckdb__{macro_name} or default__{macro_name} under macros/")
