"""What a mutant is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One change of one rule.

    The texts are those of the compiled SQL, in which `ref(name)` stands for a relation, `as_of()` and
    `last_full_day()` for the shop's moments, and line breaks and indents say nothing.
    """

    model: str
    rule: str
    """What the model says as it is."""
    before: str
    """Stands exactly once in the model's compiled SQL."""
    after: str
