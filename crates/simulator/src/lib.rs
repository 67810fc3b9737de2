#![doc = include_str!("../README.md")]

mod acts;
mod arrived;
mod cast;
mod client;
mod grant;
mod jose;
mod judge;
mod keys;
mod knowledge;
mod operator;
mod path;
mod server;
mod signature;
mod simulator;
mod spec;
mod template;

pub use acts::{ApiCall, behind_fragment};
pub use arrived::Arrived;
pub use cast::{Cast, Filling, Values};
pub use server::{Listener, Seat};
pub use simulator::{Reply, Simulator};
