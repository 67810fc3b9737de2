#![doc = include_str!("../README.md")]

mod allow;
mod certificate;
mod client;
mod error;
mod guard;
mod incoming;
mod limits;
mod lookup;
mod outgoing;
mod reach;
#[cfg(feature = "testing")]
mod stage;

pub use allow::{AllowList, AllowListError};
pub use certificate::Certificate;
pub use client::{Egress, Policy, SetupError};
pub use error::{Error, Truncated};
pub use guard::{Denied, Reason};
pub use incoming::Incoming;
pub use limits::{Limits, Overflow};
pub use lookup::{Lookup, Lookups};
pub use reach::{Reach, classify};
#[cfg(feature = "testing")]
pub use stage::Stage;
