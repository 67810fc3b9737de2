//! The guarded client against raw servers on this machine.

mod bounds;
mod certificate;
mod names;
mod server;
mod targets;
mod wire;
