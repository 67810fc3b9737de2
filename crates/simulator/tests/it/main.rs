//! The judge is judged: right requests pass, and each that is wrong in one way is found out.

mod acme;
mod authorize;
mod calls;
mod introspect;
mod oauth1;
mod token;
