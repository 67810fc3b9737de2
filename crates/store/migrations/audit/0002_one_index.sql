-- The audit trail by environment and time, which is how it is read and, but for the environment, how it grows: one index
-- instead of two, because an entry is written for every credential that leaves. Earlier entries stay in `audit` and are
-- read from there.

create table audit_entries (
    environment_id uuid not null,
    id uuid not null,
    at bigint not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail text,
    primary key (environment_id, id)
);
