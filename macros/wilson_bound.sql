{#
    One end of the 95 % Wilson score interval of a share (E. B. Wilson, JASA 22, 1927; no continuity correction);
    NULL without trials.

    side: 'low' or 'high'.
#}
{% macro wilson_bound(successes, trials, side) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set n = "cast(nullif(" ~ trials ~ ", 0) as double)" -%}
    {%- set share = "(" ~ successes ~ " / " ~ n ~ ")" -%}
    {%- set variance = share ~ " * (1 - " ~ share ~ ") / " ~ n -%}
    {%- set spread = z ~ " * sqrt(" ~ variance ~ " + " ~ z * z / 4 ~ " / (" ~ n ~ " * " ~ n ~ "))" -%}
    {%- set centre = share ~ " + " ~ z * z / 2 ~ " / " ~ n -%}
    {%- set scale = "(1 + " ~ z * z ~ " / " ~ n ~ ")" -%}
    {#- greatest() and least() pass over NULL: without trials they would claim the whole range. -#}
    {%- if side == "low" -%}
        case when {{ trials }} > 0 then greatest(0.0, ({{ centre }} - {{ spread }}) / {{ scale }}) end
    {%- else -%}
        case when {{ trials }} > 0 then least(1.0, ({{ centre }} + {{ spread }}) / {{ scale }}) end
    {%- endif -%}
{%- endmacro %}
