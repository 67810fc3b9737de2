-- One index serves both as the primary key and for reading the newest entries of an environment. The trail grows with
-- every credential that is read, so each index that is not there makes reading cheaper.

create table audit_by_environment (
    environment_id uuid not null,
    id uuid not null,
    at bigint not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail text,
    primary key (environment_id, id)
);

insert into audit_by_environment (environment_id, id, at, actor, action, subject, detail)
select environment_id, id, at, actor, action, subject, detail from audit;

drop table audit;

alter table audit_by_environment rename to audit;
