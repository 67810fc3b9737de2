//! claviger

fn main() {}
