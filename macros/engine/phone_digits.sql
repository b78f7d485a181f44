{# A phone number in E.164 once punctuation is stripped, or NULL: no leading +, too short or long, an extension. #}
{% macro phone_digits(phone) -%}
    {{ return(adapter.dispatch("phone_digits", "second_order")(phone)) }}
{%- endmacro %}

{% macro duckdb__phone_digits(phone) -%}
    case
        when regexp_matches(regexp_replace({{ phone }}, '[\s().\-/]', '', 'g'), '^\+[1-9]\d{6,14}$')
            then regexp_replace({{ phone }}, '[\s().\-/]', '', 'g')
    end
{%- endmacro %}
