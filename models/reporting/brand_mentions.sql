with counted as (

    select
        {{ month_of('seen_date') }} as month,
        platform,
        sentiment_band,
        count(*) as mentions,
        -- Summed as decimals: a sum of floats differs by the order of its rows.
        cast(sum(sentiment) as double) / count(sentiment) as mean_sentiment
    from {{ ref('fct_brand_mentions') }}
    group by
        {{ month_of('seen_date') }},
        platform,
        sentiment_band

)

select
    month,
    platform,
    sentiment_band,
    cast(mentions as bigint) as mentions,
    mean_sentiment,
    cast(mentions as double) / sum(mentions) over (partition by month, platform) as share_of_platform
from counted
