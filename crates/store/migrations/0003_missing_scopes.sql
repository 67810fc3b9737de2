-- Scopes that were asked for and not granted: a JSON list of texts.

alter table connections add column missing_scopes text not null default '[]';
