#![doc = include_str!("../README.md")]

pub mod guide;
pub mod input;
pub mod lint;
mod merge;
pub mod provider;
mod set;
pub mod template;

pub use self::input::{Input, Inputs, Kind};
pub use self::provider::{AuthMode, Provider};
pub use self::set::{Catalog, LoadError};
pub use self::template::{Alternatives, Placeholder, Template, Tree, Unfilled, UrlError, Values};
