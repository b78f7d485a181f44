{#
    Joins that find the person of a record by its customer_id, in its own source or else in another, or by its e-mail;
    read it with person_of().

    record: alias of a relation with columns source, customer_id and email.
#}
{% macro person_join(record) -%}
    left join {{ ref('int_identity__persons') }} as {{ record }}_by_id
        on 'id:' || {{ record }}.source || ':' || {{ record }}.customer_id = {{ record }}_by_id.evidence
    left join {{ ref('int_identity__references') }} as {{ record }}_by_reference
        on
            {{ record }}.source = {{ record }}_by_reference.source
            and {{ record }}.customer_id = {{ record }}_by_reference.customer_id
    left join {{ ref('int_identity__persons') }} as {{ record }}_by_email
        on 'email:' || {{ record }}.email = {{ record }}_by_email.evidence
{%- endmacro %}
