-- floor: intermediate.int_identity__records
create table intermediate.int_identity__records as
with delivered as (
    select
        order_key as record_key, 'order' as record_kind, source, ordered_at as seen_at, customer_id, email,
        case when channel not in (select channel from seeds.marketplace_channels) then phone end as phone
    from intermediate.int_orders__current
    union all
    select profile_key, 'profile', source, seen_at, customer_id, email, phone from intermediate.int_identity__profiles
)
select
    record_key,
    record_kind,
    source,
    seen_at,
    'id:' || source || ':' || customer_id as id_evidence,
    case
        when
            email like '%_@_%.__%' and email not like '% %' and email not like '%@%@%'
            and split_part(email, '@', 1)
                not in (select value from seeds.placeholder_emails where match_kind = 'local_part')
            and email not in (select value from seeds.placeholder_emails where match_kind = 'address')
            then 'email:' || email
    end as email_evidence,
    case
        when regexp_matches(regexp_replace(phone, '[\s().\-/]', '', 'g'), '^\+[1-9]\d{{6,14}}$')
            then 'phone:' || regexp_replace(phone, '[\s().\-/]', '', 'g')
    end as phone_evidence
from delivered;

-- floor: nodes
create temp table nodes as
select
    evidence,
    min(kind_rank) as kind_rank,
    min(seen_at) as seen_at,
    row_number() over (order by min(seen_at) nulls last, min(kind_rank), evidence) as node
from (
    select id_evidence as evidence, 1 as kind_rank, seen_at from intermediate.int_identity__records
    union all
    select email_evidence, 2, seen_at from intermediate.int_identity__records
    union all
    select phone_evidence, 3, seen_at from intermediate.int_identity__records
)
where evidence is not null
group by evidence;

-- floor: pairs
create temp table pairs as
select distinct least(lefts.node, rights.node) as small, greatest(lefts.node, rights.node) as large
from (
    select distinct id_evidence as one, coalesce(email_evidence, phone_evidence) as other
    from intermediate.int_identity__records where id_evidence is not null
    union all
    select distinct email_evidence, phone_evidence
    from intermediate.int_identity__records where email_evidence is not null
) as together
inner join nodes as lefts on together.one = lefts.evidence
inner join nodes as rights on together.other = rights.evidence;

-- floor: intermediate.int_identity__persons
create table intermediate.int_identity__persons as
with large as (
    select coalesce(roots.root, nodes.node) as root
    from nodes
    left join roots on nodes.node = roots.node
    where nodes.kind_rank = 2
    group by all
    having count(*) > 10
)
select
    nodes.evidence,
    nodes.kind_rank,
    nodes.seen_at,
    md5(case when large.root is null then firsts.evidence else nodes.evidence end) as person_id
from nodes
left join roots on nodes.node = roots.node
inner join nodes as firsts on coalesce(roots.root, nodes.node) = firsts.node
left join large on coalesce(roots.root, nodes.node) = large.root;

-- floor: intermediate.int_identity__record_persons
create table intermediate.int_identity__record_persons as
select
    records.record_key,
    records.record_kind,
    records.seen_at,
    coalesce(persons.person_id, md5('nobody:' || records.record_key)) as person_id,
    persons.person_id is not null as is_identified
from intermediate.int_identity__records as records
left join intermediate.int_identity__persons as persons
    on coalesce(records.id_evidence, records.email_evidence, records.phone_evidence) = persons.evidence
where records.record_kind = 'order' or persons.person_id is not null;
