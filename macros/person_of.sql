{# The person that person_join() found for the record, or NULL. #}
{% macro person_of(record) -%}
    coalesce({{ record }}_by_id.person_id, {{ record }}_by_reference.person_id, {{ record }}_by_email.person_id)
{%- endmacro %}
