//! The model from outside.

mod hosts;
