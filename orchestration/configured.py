"""What a shop's shop.yml says of outside systems, whichever way their data go: sources and destinations."""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from orchestration.errors import UserError
from orchestration.shop import REPOSITORY, Shop
from orchestration.sources.secrets import read_secrets
from orchestration.sources.source import Secret

Settings = TypeVar("Settings", bound=BaseModel)


def settings_of(
    shop: Shop, heading: Literal["sources", "destinations"], models: Mapping[str, type[Settings]]
) -> dict[str, Settings]:
    """The settings of the systems that a shop names, in the order in which `models` lists them.

    Args:
        shop: whose.
        heading: under which of shop.yml.
        models: what may be set, by the name of every system there is.

    Raises:
        UserError: shop.yml names a system there isn't, or a setting is wrong.
    """
    file = shop.folder / "shop.yml"
    named: Mapping[str, object] = getattr(shop, heading)
    if unknown := sorted(set(named) - set(models)):
        there_are = ", ".join(sorted(models))
        raise UserError(f"{file}: {heading}.{unknown[0]}: no such {heading.removesuffix('s')}; there are {there_are}")
    found = {}
    for name, model in models.items():
        if name not in named:
            continue
        try:
            found[name] = model.model_validate(named[name] or {}, context={"folder": shop.folder})
        except ValidationError as error:
            # Only place and reason: a value could be a secret in the wrong file.
            problems = "; ".join(
                f"{heading}.{'.'.join([name, *(str(part) for part in problem['loc'])])}: {problem['msg']}"
                for problem in error.errors(include_input=False, include_url=False)
            )
            raise UserError(f"{file}: {problems}") from None
    return found


def secrets_of(shop: Shop, name: str, secrets: Iterable[Secret]) -> dict[str, str]:
    """The secrets of one system, from the environment or a file `.env` of the shop or the repository.

    Raises:
        UserError: one isn't set.
    """
    variables = [(secret.variable, secret.what) for secret in secrets]
    return read_secrets(name, variables, (shop.folder, REPOSITORY))
