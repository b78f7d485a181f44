with versions as (

    {{ latest_version(ref('int_arrivals__brand_mentions'), ['mention_id']) }}

)

select
    source || ':' || mention_id as mention_key,
    source,
    mention_id,
    seen_at,
    {{ local_date('seen_at') }} as seen_date,
    platform,
    topic,
    text,
    sentiment,
    case
        when sentiment > 0.25 then 'positive'
        when sentiment < -0.25 then 'negative'
        when sentiment is not null then 'neutral'
        else 'unknown'
    end as sentiment_band
from versions
where seen_at <= {{ as_of() }}
