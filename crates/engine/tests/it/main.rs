//! Use cases under faults: a real store on both databases, a simulated provider, a clock that the test moves.

mod callback;
mod callback_faults;
mod certificates;
mod code_extras;
mod connections;
mod device;
mod direct;
mod fixtures;
mod hand_out;
mod import;
mod installs;
mod integration_settings;
mod integrations;
mod isolation;
mod keys;
mod mcp;
mod oauth1;
mod own;
mod reconnect;
mod refresh;
mod refresh_faults;
mod refresh_nodes;
mod sessions;
mod vendor;
mod webhook_settings;
mod webhooks;
