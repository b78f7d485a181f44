-- Which answer is the score, and which the comment, is what the shop says of the form; else the first of its type.
with responses as (

    select
        responses.id,
        responses.updated_at,
        responses._loaded_at,
        responses._row,
        responses.payload,
        forms.payload as form,
        forms.payload ->> '$.survey_type' as survey_type,
        forms.payload ->> '$.score' as score_question,
        forms.payload ->> '$.comment' as comment_question,
        {{ json_list("responses.payload -> '$.answers'") }} as answers
    from {{ source('raw_typeform', 'responses') }} as responses
    inner join {{ source('raw_typeform', 'forms') }} as forms
        on split_part(responses.id, ':', 1) = forms.id

),

answered as (

    select
        id,
        updated_at,
        _loaded_at,
        _row,
        survey_type,
        payload ->> '$.submitted_at' as submitted_at,
        list_filter(
            answers,
            lambda answer: case
                when score_question is not null
                    then score_question in (answer ->> '$.field.ref', answer ->> '$.field.id')
                when survey_type = 'nps' then answer ->> '$.field.type' in ('nps', 'opinion_scale')
                when survey_type = 'csat' then answer ->> '$.field.type' = 'rating'
                else false
            end
        )[1] as score_answer,
        list_filter(
            answers,
            lambda answer: case
                when comment_question is not null
                    then comment_question in (answer ->> '$.field.ref', answer ->> '$.field.id')
                else answer ->> '$.type' = 'text'
            end
        )[1] as comment_answer,
        list_filter(answers, lambda answer: answer ->> '$.type' = 'email')[1] as email_answer,
        json_extract_string(payload, '$.hidden."' || (form ->> '$.email') || '"') as hidden_email,
        json_extract_string(payload, '$.hidden."' || (form ->> '$.customer_id') || '"') as hidden_customer_id,
        json_extract_string(payload, '$.hidden."' || (form ->> '$.order_id') || '"') as hidden_order_id
    from responses

),

scored as (

    -- A scale may be drawn as choices, whose labels are then its numbers.
    select
        *,
        coalesce(
            try_cast(score_answer ->> '$.number' as decimal(18, 4)),
            try_cast(score_answer ->> '$.choice.label' as decimal(18, 4))
        ) as delivered_score
    from answered

)

select
    'typeform' as source,
    scored.id as response_id,
    {{ to_utc('submitted_at') }} as submitted_at,
    scored.survey_type,
    -- A score off its scale says that the form asks something else: make doctor tells the shop.
    case
        when scored.survey_type = 'nps' and scored.delivered_score not between 0 and 10 then null
        when scored.survey_type = 'csat' and scored.delivered_score not between 1 and 5 then null
        else scored.delivered_score
    end as score,
    nullif(lower(trim(coalesce(nullif(scored.hidden_email, ''), scored.email_answer ->> '$.email'))), '') as email,
    nullif(trim(scored.hidden_customer_id), '') as customer_id,
    nullif(trim(scored.hidden_order_id), '') as order_id,
    nullif(trim(scored.comment_answer ->> '$.text'), '') as comment,
    {{ api_provenance('scored') }}
from scored
