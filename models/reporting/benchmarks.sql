-- What others say, as they say it. Only a figure of the same definition may stand beside one: `figure_key` names it.
select
    benchmark_key,
    topic,
    value_low,
    value_high,
    unit,
    definition,
    source_name,
    year,
    figure_key,
    note
from {{ ref('benchmark_values') }}
