{#
    Shorten paths until each node points at the end of its own: gives the name of a work table with the rows of `hooks`,
    `root` being the end. Each pass halves what is left of a path.

    hooks: name of a work table (node, root, and what is `carried` along), a forest: no path leads back. It is dropped.
#}
{% macro path_ends(hooks, carried=[]) -%}
    {%- set path = namespace(hooks=hooks, open=true) -%}
    {%- for jump in range(1, 64) if path.open -%}
        {%- set shortened -%}
            select
                hooks.node,
                {% for column in carried %}
                    hooks.{{ column }},
                {% endfor %}
                coalesce(parents.root, hooks.root) as root,
                parents.node is not null as has_moved
            from {{ path.hooks }} as hooks
            left join {{ path.hooks }} as parents
                on hooks.root = parents.node
        {%- endset -%}
        {%- set longer = path.hooks -%}
        {%- set path.hooks = work_table(hooks ~ "_" ~ jump, shortened) -%}
        {%- set path.open = count_rows(path.hooks ~ " where has_moved") > 0 -%}
        {%- do run_query("drop table " ~ longer) -%}
    {%- endfor -%}
    {{ return(path.hooks) }}
{%- endmacro %}
