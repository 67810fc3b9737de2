//! One file a command.

pub(crate) mod catalog;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod environment;
pub(crate) mod key;
pub(crate) mod serve;
