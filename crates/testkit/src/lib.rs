#![doc = include_str!("../README.md")]

pub mod chance;
pub mod clock;
pub mod databases;
pub mod world;

pub use world::{World, each_world};
