-- Keyword counting in review texts: which themes are spoken of, by the stars given. Not what is said of them.
{% set dimensions = customer_dimensions() %}

with reviews as (

    select
        reviews.review_key,
        {{ month_of('reviews.created_date') }} as month,
        case
            when reviews.rating <= 2 then 'low'
            when reviews.rating >= 4 then 'high'
            else 'middle'
        end as rating_band,
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown') as {{ dimension }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('fct_reviews') }} as reviews
    left join {{ ref('int_voice__customers') }} as customers
        on reviews.reporting_person_id = customers.person_id
    where reviews.title is not null or reviews.body is not null

),

themed as (

    select
        review_key,
        theme
    from {{ ref('int_voice__review_themes') }}

),

counted as (

    select
        reviews.month,
        themed.theme,
        reviews.rating_band,
        {% for dimension in dimensions %}
            reviews.{{ dimension }},
        {% endfor %}
        count(*) as reviews
    from reviews
    inner join themed
        on reviews.review_key = themed.review_key
    group by
        {% for dimension in dimensions %}
            reviews.{{ dimension }},
        {% endfor %}
        reviews.month,
        themed.theme,
        reviews.rating_band
    union all
    -- How many there are to speak of it at all.
    select
        month,
        'all' as theme,
        rating_band,
        {% for dimension in dimensions %}
            {{ dimension }},
        {% endfor %}
        count(*) as reviews
    from reviews
    group by
        {% for dimension in dimensions %}
            {{ dimension }},
        {% endfor %}
        month,
        rating_band

),

totals as (

    {{ sums_by_dimension('counted', ['month', 'theme', 'rating_band'], ['reviews'], dimensions) }}

),

themes as (

    select distinct theme
    from {{ ref('review_theme_keywords') }}

)

-- A theme that nobody speaks of is a row too, so that months can be summed.
select
    written.month,
    themes.theme,
    written.rating_band,
    written.dimension,
    written.dimension_value,
    cast(coalesce(totals.reviews, 0) as bigint) as reviews,
    cast(written.reviews as bigint) as reviews_with_text,
    cast(coalesce(totals.reviews, 0) as double) / written.reviews as share_of_reviews
from totals as written
cross join themes
left join totals
    on
        written.month = totals.month
        and written.rating_band = totals.rating_band
        and written.dimension = totals.dimension
        and written.dimension_value = totals.dimension_value
        and themes.theme = totals.theme
where written.theme = 'all'
