//! Use cases under faults: a real store on both databases, a simulated provider, a clock that the test moves.

mod after_connect;
mod callback;
mod callback_faults;
mod checks;
mod connections;
mod direct;
mod fixtures;
mod forms;
mod hand_out;
mod import;
mod integration_settings;
mod integrations;
mod isolation;
mod keys;
mod logins;
mod reconnect;
mod refresh;
mod refresh_faults;
mod refresh_nodes;
mod revocation;
mod roles;
mod sessions;
mod signed;
mod stub;
mod webhook_settings;
mod webhooks;
