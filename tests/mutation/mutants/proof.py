"""Proof: whose orders count in an experiment, what is told of it, and what ails a shop."""

from tests.mutation.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "int_proof__experiments",
        "triggers count only where both arms have them",
        "and max(case when arm = 'holdout' then triggered_at end) is not null as is_triggered",
        "as is_triggered",
    ),
    Mutant(
        "int_proof__experiments",
        "others' arms are about the flow they name, called like an audience or not",
        "on assigned.source = 'second_order' and assigned.flow_id = tool_flows.audience",
        "on assigned.flow_id = tool_flows.audience",
    ),
    Mutant(
        "int_proof__persons",
        "the window's last second belongs to it",
        "and matured.watched_from + matured.watched_for >= orders.ordered_at",
        "and matured.watched_from + matured.watched_for > orders.ordered_at",
    ),
    Mutant(
        "int_proof__persons",
        "an order at the trigger's own second came before it",
        "orders.ordered_at > matured.watched_from as is_after",
        "orders.ordered_at >= matured.watched_from as is_after",
    ),
    Mutant(
        "int_proof__persons",
        "only whose window is over is counted",
        "where watched_from + watched_for <= as_of()",
        "where watched_from <= as_of()",
    ),
    Mutant(
        "int_proof__persons",
        "a trigger before the arm was given is none",
        "or arms.triggered_at < arms.assigned_at then",
        "then",
    ),
    Mutant(
        "int_proof__persons",
        "another flow's message spoils no holdout",
        "matured.flow_id = touches.flow_id or",
        "matured.flow_id is not null or",
    ),
    Mutant(
        "int_proof__sums",
        "one order with an unknown margin, and nobody's is known",
        "case when orders_without_margin_after > 0 then 1 else 0 end as is_unknown",
        "0 as is_unknown",
    ),
    Mutant(
        "flow_lift",
        "a holdout that got the flow gives no figure",
        "when subjects.contaminated_share > 0.01 then 'contaminated'",
        "",
    ),
    Mutant(
        "flow_lift",
        "the flow's own cost is paid from its margin",
        "margins.best_difference * margins.treatment_persons - margins.message_cost as profit,",
        "margins.best_difference * margins.treatment_persons as profit,",
    ),
    Mutant(
        "diagnosis",
        "too few cases answer nothing",
        "when cases < fewest then 'unknown'",
        "",
    ),
    Mutant(
        "diagnosis",
        "the fourteenth day after arrival is one of them",
        "and arrivals.arrived_on + 14",
        "and arrivals.arrived_on + 13",
    ),
    Mutant(
        "diagnosis_flows",
        "the largest holdout of a class speaks for it",
        "order by holdout_persons desc, experiment_key asc",
        "order by holdout_persons asc, experiment_key asc",
    ),
    Mutant(
        "what_if",
        "orders of the second order's own day are no later ones",
        "case when orders.order_date > repeaters.second_day then 1 else 0 end",
        "case when orders.order_date >= repeaters.second_day then 1 else 0 end",
    ),
)
