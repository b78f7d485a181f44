-- Keywords are found by the first three letters of a word: a shorter stem would never be.
select
    theme,
    language,
    keyword
from {{ ref('review_theme_keywords') }}
where
    match_kind = 'stem'
    and length(split_part(keyword, ' ', 1)) < 3
