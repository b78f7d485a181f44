-- What most of the returns come from: reasons, product types and products, the most frequent first.
{% set most_products = 100 %}

with returns as (

    select
        reason,
        coalesce(product_type, 'unknown') as product_type,
        coalesce(source || ':' || product_id, 'unknown') as product_key,
        coalesce(product_title, product_id, 'unknown') as product_title
    from {{ ref('fct_returns') }}

),

counted as (

    select
        'reason' as subject_kind,
        reason as subject_key,
        max(reason) as subject,
        count(*) as returns
    from returns
    group by reason
    union all
    select
        'product_type' as subject_kind,
        product_type as subject_key,
        max(product_type) as subject,
        count(*) as returns
    from returns
    group by product_type
    union all
    select
        'product' as subject_kind,
        product_key as subject_key,
        max(product_title) as subject,
        count(*) as returns
    from returns
    group by product_key

),

ranked as (

    select
        subject_kind,
        subject,
        returns,
        row_number() over (
            partition by subject_kind
            order by returns desc, subject_key asc
        ) as subject_rank,
        sum(returns) over (
            partition by subject_kind
            order by returns desc, subject_key asc
            rows between unbounded preceding and current row
        ) as returns_so_far,
        sum(returns) over (partition by subject_kind) as all_returns
    from counted

)

select
    subject_kind,
    cast(subject_rank as integer) as subject_rank,
    subject,
    cast(returns as bigint) as returns,
    cast(returns as double) / all_returns as share_of_returns,
    cast(returns_so_far as double) / all_returns as cumulative_share
from ranked
where subject_rank <= {{ most_products }}
