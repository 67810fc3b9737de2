-- The audit trail. It has no foreign keys: it outlives what it tells about, and on SQLite it is a file of its own.

create table audit (
    id uuid not null primary key,
    environment_id uuid not null,
    at bigint not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail text
);

create index audit_newest on audit (environment_id, id desc);
