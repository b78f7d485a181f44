{# Whether one of some moments lay after the as-of moment of the build before and doesn't any longer. #}
{% macro happens_now(moments) -%}
    (
        {%- for moment in moments %}
        {{ "or " if not loop.first }}({{ moment }} > {{ built_as_of() }} and {{ moment }} <= {{ as_of() }})
        {%- endfor %}
    )
{%- endmacro %}
