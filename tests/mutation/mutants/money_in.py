"""Money in: what was spent, on what, and when it came back."""

from tests.mutation.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "fct_marketing_spend",
        "a day's spend is known when the day is over",
        "where date <= last_full_day()",
        "",
    ),
    Mutant(
        "fct_marketing_spend",
        "spend converts at its own day's rate",
        "spend.currency = rates.currency and spend.spend_date = rates.rate_date",
        "spend.currency = rates.currency and spend.spend_date < rates.rate_date",
    ),
    Mutant(
        "fct_marketing_spend",
        "spend without a rate stays in the table",
        "left join ref(int_orders__rates) as rates",
        "inner join ref(int_orders__rates) as rates",
    ),
    Mutant(
        "int_orders__rates",
        "spend needs rates of its days too",
        "union select date as rate_date, coalesce(currency, 'USD') as currency from ref(int_arrivals__marketing_spend)",
        "",
    ),
    Mutant(
        "budget_split",
        "with an amount that couldn't be converted no share is known",
        "when by_stage.rows_without_rate = 0 and by_stage.total_spend > 0",
        "when by_stage.total_spend > 0",
    ),
    Mutant(
        "budget_split",
        "a share that equals the advice is within it",
        "when share_of_spend < advice_low then 'below'",
        "when share_of_spend <= advice_low then 'below'",
    ),
    Mutant(
        "budget_split",
        "a stage's spend is its own",
        "sum(case when stage = 'post_purchase' then amount else 0 end) as post_purchase",
        "sum(amount) as post_purchase",
    ),
    Mutant(
        "acquisition_payback",
        "spend that names no source is in the total only",
        "and acquisition_source is not null",
        "",
    ),
    Mutant(
        "acquisition_payback",
        "spend after the purchase is no acquisition cost",
        "from ref(fct_marketing_spend) where stage = 'acquisition' group by",
        "from ref(fct_marketing_spend) group by",
    ),
    Mutant(
        "acquisition_payback",
        "margin that equals the cost has paid it back",
        "margin_per_customer >= cac",
        "margin_per_customer > cac",
    ),
    Mutant(
        "acquisition_payback",
        "it has paid back from the first such month on",
        "min(case when margin_per_customer >= cac then months_since end)",
        "max(case when margin_per_customer >= cac then months_since end)",
    ),
    Mutant(
        "acquisition_payback",
        "one month with an unknown margin leaves all later sums unknown",
        "when count(margin_per_customer) over cohort_so_far = count(*) over cohort_so_far then",
        "when true then",
    ),
    Mutant(
        "acquisition_payback",
        "spend is set against its own month's customers",
        "cohorts.cohort_month = spend.cohort_month and cohorts.acquisition_source = spend.acquisition_source",
        "cohorts.acquisition_source = spend.acquisition_source",
    ),
    Mutant(
        "acquisition_payback",
        "a source without customers has spent too",
        "full outer join spend",
        "left join spend",
    ),
)
