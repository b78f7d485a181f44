select
    source,
    coalesce(product_type, 'unknown') as product_type,
    reason,
    cast(count(*) as bigint) as returns,
    {{ money('sum(coalesce(quantity, 0))') }} as units,
    cast(count(distinct order_key) as bigint) as orders
from {{ ref('fct_returns') }}
group by
    source,
    coalesce(product_type, 'unknown'),
    reason
