//! Every statement of the store, on both databases.

mod api_keys;
mod audit;
mod audit_journal;
mod canary;
mod connections;
mod environments;
mod fixtures;
mod flows;
mod integrations;
mod lists;
mod lookups;
mod opening;
mod outbox;
mod refresh;
mod sealing;
mod sessions;
mod transactions;
mod webhooks;
