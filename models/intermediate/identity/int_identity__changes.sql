-- A delivered row never changes: a record is what it was while the same row of the same file speaks for it, whatever
-- has been delivered since and wherever the as-of moment has moved.
-- depends_on: {{ ref('int_identity__build') }}
{% set before = built_before("int_identity__records") %}
{% set place = ["record_kind", "source", "load_id", "file_index", "row_number"] %}
{% set same_place = [] %}
{% for column in place %}
    {% do same_place.append("delivered." ~ column ~ " = records." ~ column) %}
{% endfor %}

{% if before is not none and identity_build_is_open() %}
    select
        coalesce(delivered.record_key, records.record_key) as record_key,
        delivered.record_key is not null as has_come,
        {% for column in place %}
            coalesce(delivered.{{ column }}, records.{{ column }}) as {{ column }},
        {% endfor %}
        records.id_evidence,
        records.email_evidence,
        records.phone_evidence
    from {{ ref('int_identity__delivered') }} as delivered
    full outer join {{ before }} as records
        on
            {{ same_place | join("\n            and ") }}
    where delivered.record_key is null or records.record_key is null
{% else %}
    select
        record_key,
        true as has_come,
        {{ place | join(",\n        ") }},
        cast(null as varchar) as id_evidence,
        cast(null as varchar) as email_evidence,
        cast(null as varchar) as phone_evidence
    from {{ ref('int_identity__delivered') }}
    where false
{% endif %}
