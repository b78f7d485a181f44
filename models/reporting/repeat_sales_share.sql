-- Nobody knows whether an unidentified buyer came back: such sales are outside the share and shown beside it.
with sums as (

    select
        month,
        dimension,
        dimension_value,
        sum(net_sales) as net_sales,
        sum(case when customer_type = 'new' then net_sales else 0 end) as new_net_sales,
        sum(case when customer_type = 'returning' then net_sales else 0 end) as returning_net_sales,
        sum(case when customer_type = 'unidentified' then net_sales else 0 end) as unidentified_net_sales,
        sum(case when customer_type <> 'unidentified' then orders else 0 end) as orders
    from {{ ref('sales_by_period') }}
    group by
        month,
        dimension,
        dimension_value

)

select
    month,
    dimension,
    dimension_value,
    cast(orders as bigint) as orders,
    {{ money('new_net_sales') }} as new_net_sales,
    {{ money('returning_net_sales') }} as returning_net_sales,
    {{ money('unidentified_net_sales') }} as unidentified_net_sales,
    -- A month whose refunds eat up its sales has no parts to share.
    case
        when new_net_sales + returning_net_sales > 0
            then cast(returning_net_sales as double) / cast(new_net_sales + returning_net_sales as double)
    end as returning_share,
    case when net_sales > 0 then cast(unidentified_net_sales as double) / cast(net_sales as double) end
        as unidentified_share,
    cast(month + interval 1 month as date) - 1 <= {{ last_full_day() }} as is_complete
from sums
