{#
    Connected components of a graph by label hooking, set by set: gives the name of a relation with one row per node
    that isn't the smallest of its component, (node, root), where root is that smallest node.

    A round hooks every node that an edge joins to a smaller one onto the smallest of these, shortens the paths until
    each points at its end, and joins the ends by the edges that are left: a graph at most half as large. Long chains
    fall as fast as bushes, and all rounds together cost little more than the first. Then the rounds are put together.

    edges: relation with bigint columns `left_node`, `right_node`.
#}
{% macro connected_components(edges) -%}
    {%- if not (execute and flags.WHICH in ("build", "run")) -%}
        {{ return("(select 0 as node, 0 as root where false)") }}
    {%- endif -%}

    {%- set pairs -%}
        select
            least(left_node, right_node) as small,
            greatest(left_node, right_node) as large
        from {{ edges }}
        where left_node <> right_node
    {%- endset -%}
    {%- set state = namespace(pairs=work_table("component_pairs_0", pairs), rounds=[]) -%}

    {%- for round in range(1, 64) if count_rows(state.pairs) > 0 -%}
        {%- set hooks -%}
            select
                large as node,
                min(small) as root
            from {{ state.pairs }}
            group by large
        {%- endset -%}
        {%- set ends = path_ends(work_table("component_hooks_" ~ round, hooks)) -%}
        {%- do state.rounds.append(ends) -%}
        {%- set joined -%}
            select distinct
                least(coalesce(smalls.root, pairs.small), larges.root) as small,
                greatest(coalesce(smalls.root, pairs.small), larges.root) as large
            from {{ state.pairs }} as pairs
            inner join {{ ends }} as larges
                on pairs.large = larges.node
            left join {{ ends }} as smalls
                on pairs.small = smalls.node
            where coalesce(smalls.root, pairs.small) <> larges.root
        {%- endset -%}
        {%- set before = state.pairs -%}
        {%- set state.pairs = work_table("component_pairs_" ~ round, joined) -%}
        {%- do run_query("drop table " ~ before) -%}
    {%- endfor -%}

    {%- set labels = namespace(relation="(select 0 as node, 0 as root where false)") -%}
    {%- for hooks in state.rounds | reverse -%}
        {%- set combined -%}
            select
                hooks.node,
                coalesce(later.root, hooks.root) as root
            from {{ hooks }} as hooks
            left join {{ labels.relation }} as later
                on hooks.root = later.node
            union all
            select
                later.node,
                later.root
            from {{ labels.relation }} as later
        {%- endset -%}
        {%- set labels.relation = work_table("component_labels_" ~ loop.index, combined) -%}
        {%- do run_query("drop table " ~ hooks) -%}
    {%- endfor -%}
    {{ return(labels.relation) }}
{%- endmacro %}
