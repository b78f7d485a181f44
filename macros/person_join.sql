{#
    Joins that find the person of a record by its customer_id, else by its e-mail; read it with person_of().

    record: alias of a relation with columns source, customer_id and email.
#}
{% macro person_join(record) -%}
    left join {{ ref('int_identity__persons') }} as {{ record }}_by_id
        on 'id:' || {{ record }}.source || ':' || {{ record }}.customer_id = {{ record }}_by_id.evidence
    left join {{ ref('int_identity__persons') }} as {{ record }}_by_email
        on 'email:' || {{ record }}.email = {{ record }}_by_email.evidence
{%- endmacro %}
