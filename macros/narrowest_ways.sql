{#
    Of all ways from a component's start to a node, the one whose heaviest link is lightest: gives the name of a relation
    with one row per node that isn't a start, (node, weight), where weight is that of the heaviest link on that way.

    Borůvka's rounds: every node but a start hooks onto the other end of its lightest link, and what has hooked together
    is one node of the next round. A node's way leads over its lightest link or ends in it, so the weight wanted is the
    greater one of that link's and of what the next rounds find for the node it became. The number of nodes halves.

    links: work table (left_node, right_node, weight), no two links of one weight; it is dropped. starts: work table
    (node), one a component.
#}
{% macro narrowest_ways(links, starts) -%}
    {%- if not (execute and flags.WHICH in ("build", "run")) -%}
        {{ return("(select 0 as node, 0 as weight where false)") }}
    {%- endif -%}

    {%- set state = namespace(links=links, rounds=[]) -%}
    {%- for round in range(1, 64) if count_rows(state.links) > 0 -%}
        {%- set both_ends -%}
            select
                left_node as node,
                right_node as other_node,
                weight
            from {{ state.links }}
            union all
            select
                right_node as node,
                left_node as other_node,
                weight
            from {{ state.links }}
        {%- endset -%}
        {%- set lightest -%}
            select
                ends.node,
                ends.other_node as root,
                ends.weight
            from ({{ both_ends }}) as ends
            inner join (
                select
                    node,
                    min(weight) as weight
                from ({{ both_ends }}) as ends
                where node not in (select node from {{ starts }})
                group by node
            ) as chosen
                on ends.node = chosen.node and ends.weight = chosen.weight
        {%- endset -%}
        {%- set lightest = work_table("narrowest_lightest_" ~ round, lightest) -%}
        {# Two that chose each other's link would hook in a circle: the smaller one stays. #}
        {%- set hooks -%}
            select
                hooks.node,
                hooks.root,
                hooks.weight
            from {{ lightest }} as hooks
            left join {{ lightest }} as others
                on hooks.root = others.node and hooks.node = others.root
            where others.node is null or hooks.node > others.node
        {%- endset -%}
        {%- set ends = path_ends(work_table("narrowest_hooks_" ~ round, hooks), ["weight"]) -%}
        {%- do state.rounds.append(ends) -%}
        {%- do run_query("drop table " ~ lightest) -%}
        {%- set joined -%}
            select
                least(coalesce(lefts.root, links.left_node), coalesce(rights.root, links.right_node)) as left_node,
                greatest(coalesce(lefts.root, links.left_node), coalesce(rights.root, links.right_node)) as right_node,
                min(links.weight) as weight
            from {{ state.links }} as links
            left join {{ ends }} as lefts
                on links.left_node = lefts.node
            left join {{ ends }} as rights
                on links.right_node = rights.node
            where coalesce(lefts.root, links.left_node) <> coalesce(rights.root, links.right_node)
            group by
                least(coalesce(lefts.root, links.left_node), coalesce(rights.root, links.right_node)),
                greatest(coalesce(lefts.root, links.left_node), coalesce(rights.root, links.right_node))
        {%- endset -%}
        {%- set before = state.links -%}
        {%- set state.links = work_table("narrowest_links_" ~ round, joined) -%}
        {%- do run_query("drop table " ~ before) -%}
    {%- endfor -%}

    {%- set found = namespace(relation="(select 0 as node, 0 as weight where false)") -%}
    {%- for ends in state.rounds | reverse -%}
        {%- set combined -%}
            select
                hooks.node,
                greatest(hooks.weight, coalesce(later.weight, hooks.weight)) as weight
            from {{ ends }} as hooks
            left join {{ found.relation }} as later
                on hooks.root = later.node
            union all
            select
                later.node,
                later.weight
            from {{ found.relation }} as later
        {%- endset -%}
        {%- set found.relation = work_table("narrowest_found_" ~ loop.index, combined) -%}
        {%- do run_query("drop table " ~ ends) -%}
    {%- endfor -%}
    {{ return(found.relation) }}
{%- endmacro %}
