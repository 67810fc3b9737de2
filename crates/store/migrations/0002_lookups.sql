-- Look-ups after connecting: when they are due (again), how often they failed, and what failed last.
alter table connections add column lookup_failures bigint not null default 0;
alter table connections add column lookup_retry_at bigint;
alter table connections add column lookup_error text;

create index connections_lookup_retry_at on connections (lookup_retry_at) where lookup_retry_at is not null;
