{#
    The as-of moment of the build that this one takes further, in UTC; none where everything is built anew, as it is
    unless the run says otherwise: see orchestration/builds.py. Read only while executing, like settings.
#}
{% macro built_as_of() -%}
    {%- set moment = env_var("SECOND_ORDER_BUILT_AS_OF", "") if execute else "" -%}
    {{ return("cast('" ~ moment ~ "' as timestamp)" if moment else none) }}
{%- endmacro %}
