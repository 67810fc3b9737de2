//! The guarded client against raw servers on this machine.

mod bounds;
mod names;
mod server;
mod targets;
mod wire;
