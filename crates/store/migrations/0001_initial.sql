-- One text for both databases. Times are milliseconds since 1970, JSON is text, every name of a unique rule is known
-- to `src/error.rs`.

create table environments (
    id uuid not null primary key,
    name text not null,
    app_name text,
    created_at bigint not null,
    constraint environments_name unique (name)
);

create table api_keys (
    id uuid not null primary key,
    environment_id uuid not null references environments (id),
    public_id text not null,
    hash bytea not null,
    name text not null,
    scopes text not null,
    created_at bigint not null,
    expires_at bigint,
    revoked_at bigint,
    last_used_at bigint,
    constraint api_keys_public_id unique (public_id)
);

create unique index api_keys_live_name on api_keys (environment_id, name) where revoked_at is null;

create table integrations (
    id uuid not null primary key,
    environment_id uuid not null references environments (id),
    unique_key text not null,
    provider text not null,
    display_name text,
    forward_webhooks boolean not null,
    client_id text,
    scopes text not null,
    config text not null,
    custom text not null,
    secrets bytea not null,
    secret_names text not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    constraint integrations_unique_key unique (environment_id, unique_key),
    -- What rows of the same environment refer to, so that no row can mix two environments.
    constraint integrations_id unique (environment_id, id)
);

create table sessions (
    id uuid not null primary key,
    environment_id uuid not null references environments (id),
    token_hash bytea not null,
    end_user text,
    organization text,
    tags text not null,
    allowed_integrations text not null,
    defaults bytea not null,
    overrides text not null,
    webhook_url_override text,
    reconnects uuid,
    created_at bigint not null,
    expires_at bigint not null,
    constraint sessions_token_hash unique (token_hash),
    constraint sessions_id unique (environment_id, id)
);

create index sessions_expires_at on sessions (expires_at);

create table flows (
    id uuid not null primary key,
    state_hash bytea not null,
    environment_id uuid not null,
    integration_id uuid not null,
    session_id uuid not null,
    browser_hash bytea not null,
    sealed bytea not null,
    created_at bigint not null,
    expires_at bigint not null,
    consumed_at bigint,
    constraint flows_state_hash unique (state_hash),
    foreign key (environment_id, integration_id) references integrations (environment_id, id) on delete cascade,
    foreign key (environment_id, session_id) references sessions (environment_id, id) on delete cascade
);

create index flows_integration on flows (environment_id, integration_id);
create index flows_session on flows (environment_id, session_id);
create index flows_expires_at on flows (expires_at);

create table connections (
    id uuid not null primary key,
    number bigint not null,
    environment_id uuid not null,
    integration_id uuid not null,
    key text not null,
    end_user text,
    end_user_id text,
    end_user_organization_id text,
    search_text text not null,
    tags text not null,
    metadata text,
    config text not null,
    webhook_url_override text,
    credential bytea not null,
    kind text not null,
    version bigint not null,
    obtained_at bigint not null,
    expires_at bigint,
    refreshable boolean not null,
    refresh_failures bigint not null,
    refresh_retry_at bigint,
    refresh_needs_reauth boolean not null,
    refresh_error_code text,
    refresh_error_log_id text,
    refresh_lease_owner uuid,
    refresh_lease_until bigint,
    account text,
    last_fetched_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    constraint connections_number unique (number),
    constraint connections_key unique (integration_id, key),
    foreign key (environment_id, integration_id) references integrations (environment_id, id) on delete cascade
);

create index connections_integration on connections (environment_id, integration_id);
create index connections_environment_key on connections (environment_id, key);
create index connections_newest on connections (environment_id, created_at desc, number desc);

create table connection_tags (
    -- Repeated from the connection, so that a look-up by value stays among the rows of its environment.
    environment_id uuid not null references environments (id),
    connection_id uuid not null references connections (id) on delete cascade,
    key text not null,
    value text not null,
    primary key (connection_id, key)
);

create index connection_tags_value on connection_tags (environment_id, key, value);

create table webhooks (
    environment_id uuid not null primary key references environments (id),
    primary_url text,
    secondary_url text,
    on_auth_creation boolean not null,
    on_auth_refresh_error boolean not null,
    signing_key bytea not null,
    version bigint not null
);

create table outbox (
    id uuid not null primary key,
    environment_id uuid not null references environments (id),
    stream uuid not null,
    sequence bigint not null,
    url text not null,
    body text not null,
    attempts bigint not null,
    due_at bigint not null,
    created_at bigint not null,
    last_error text,
    given_up_at bigint
);

create index outbox_stream on outbox (stream, url, sequence, id) where given_up_at is null;
create index outbox_due_at on outbox (due_at, id) where given_up_at is null;

create table canary (
    slot bigint not null primary key check (slot = 1),
    id uuid not null,
    sealed bytea not null
);
