#![doc = include_str!("../README.md")]

mod digest;
mod key;
mod ring;
mod seal;
mod secret;
mod veil;

pub use digest::{constant_time_eq, sha256};
pub use key::{Key, KeyError, KeyId};
pub use ring::KeyRing;
pub use seal::{Context, OpenError, Sealed};
pub use secret::Secret;
pub use veil::{Veil, Veiled};
