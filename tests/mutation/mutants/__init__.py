"""The mutants: in each, one rule of one model says something else.

A change that no input can tell from the rule is no mutant. These look like one and are left out:

- int_orders__validity without `amounts.line_count = 0 or`: an order without lines has goods of no value either.
- int_orders__rates with `max(rates.rate)`: a day has one rate in force.
- int_retention__curves with `events < at_risk as has_interval`: what makes the interval is unknown before the first
  event anyway.
- brand_mentions with `count(*)` in the mean: a row's mentions all have a sentiment, or none has.
"""

from tests.mutation.mutants import (
    audiences,
    flows,
    foresight,
    identity,
    lifetime,
    money_in,
    orders,
    proof,
    referral,
    retention,
    voice,
)
from tests.mutation.mutants.mutant import Mutant

AREAS = {
    "orders and money": orders.MUTANTS,
    "identity": identity.MUTANTS,
    "retention": retention.MUTANTS,
    "lifetime": lifetime.MUTANTS,
    "flows": flows.MUTANTS,
    "referral and loyalty": referral.MUTANTS,
    "voice": voice.MUTANTS,
    "money in": money_in.MUTANTS,
    "proof": proof.MUTANTS,
    "foresight and timing": foresight.MUTANTS,
    "audiences": audiences.MUTANTS,
}
MUTANTS: tuple[Mutant, ...] = tuple(mutant for mutants in AREAS.values() for mutant in mutants)
