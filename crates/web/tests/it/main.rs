//! The product through its router: a real store on both databases, a simulated provider, a still clock.

mod api;
mod audit;
mod auth;
mod connections;
mod edge;
mod imports;
mod integrations;
mod logos;
mod metadata;
mod openapi;
mod pages;
mod providers;
mod serve;
mod sessions;
mod settings;
mod walls;
