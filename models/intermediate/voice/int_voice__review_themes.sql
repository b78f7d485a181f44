{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='review_key',
    meta={'changed': 'int_voice__changed'}
) }}
-- Keyword counting, no more: a review speaks of a theme if one of the theme's words stands in its title or body,
-- whatever it says about it. Keywords of all languages are looked for in every text.
with keywords as (

    select
        theme,
        match_kind,
        {{ words_of('keyword') }} as term
    from {{ ref('review_theme_keywords') }}

),

terms as (

    -- ' word ' is a whole word, ' begin' the beginning of one; scripts without spaces are searched anywhere.
    select
        theme,
        match_kind,
        substr(split_part(trim(term), ' ', 1), 1, 3) as first_letters,
        case match_kind
            when 'word' then term
            when 'stem' then rtrim(term)
            else trim(term)
        end as term
    from keywords

),

texts as (

    select
        reviews.review_key,
        {{ words_of("coalesce(reviews.title, '') || ' ' || coalesce(reviews.body, '')") }} as words
    from {{ only_changed(ref('fct_reviews'), ref('int_voice__changed'), 'review_key') }} as reviews
    where reviews.title is not null or reviews.body is not null

),

starts as (

    -- Only keywords that begin as a word of the text does are tried on it: a twelfth of the time.
    select
        texts.review_key,
        texts.words,
        substr(parts.part, 1, 3) as first_letters
    from texts
    cross join {{ split_rows("replace(trim(texts.words), ' ', ';')") }} as parts

),

found as (

    select
        starts.review_key,
        terms.theme
    from starts
    inner join terms
        on
            starts.first_letters = terms.first_letters
            and contains(starts.words, terms.term)
    where terms.match_kind <> 'text'
    union all
    -- Once accents are gone, a text with more bytes than letters holds another script.
    select
        texts.review_key,
        terms.theme
    from texts
    inner join terms
        on contains(texts.words, terms.term)
    where
        terms.match_kind = 'text'
        and bit_length(texts.words) > 8 * length(texts.words)

)

select distinct
    review_key,
    theme
from found
