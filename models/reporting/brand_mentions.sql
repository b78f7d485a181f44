with counted as (

    select
        {{ month_of('seen_date') }} as month,
        platform,
        sentiment_band,
        count(*) as mentions,
        avg(cast(sentiment as double)) as mean_sentiment
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
