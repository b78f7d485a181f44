-- Of every source and month, what was delivered less every step is what is reported, in orders and in money.
select
    source,
    month,
    sum(case when step_number <= 10 then orders else -orders end) as orders_left,
    sum(case when step_number <= 10 then amount else -amount end) as amount_left
from {{ ref('reconciliation') }}
where step_number <= 11
group by
    source,
    month
having
    sum(case when step_number <= 10 then orders else -orders end) <> 0
    or sum(case when step_number <= 10 then amount else -amount end) <> 0
