-- An order sent in several parcels is late if one of them was, and is there for a review from the first one on.
select
    order_key,
    min(delivered_date) as first_delivered_date,
    bool_or(is_late) as is_late
from {{ ref('fct_fulfillments') }}
group by order_key
