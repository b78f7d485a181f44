{# The rows of an audience: who is in it, and `columns`, of all that a message may say what this one needs. #}
{% macro audience(key, columns) -%}
select
    person_id,
    email,
    entered_at,
    reason,
    first_name,
    timezone,
    send_hour_local,
    send_at
    {%- for column in columns %},
    {{ column }}
    {%- endfor %}
from {{ ref('int_audiences__members') }}
where audience = '{{ key }}'
{%- endmacro %}
