//! The sandbox over its socket, seen by a client that shares no code with it.

mod client;
mod code;
mod consent;
mod control;
mod faults;
mod refresh;
mod scene;
mod tokens;
