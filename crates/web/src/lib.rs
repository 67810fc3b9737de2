#![doc = include_str!("../README.md")]

mod api;
mod auth;
mod connect;
mod edge;
mod logos;
mod problem;
mod serve;
mod timer;

use axum::Router;
use axum::extract::FromRef;
use engine::Engine;
use url::Url;

pub use logos::Logos;
pub use serve::serve;

/// What the pages and the API need to know beside the engine.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What browsers see, without a path.
    pub public_url: Url,
    /// The operator's logos, in place of the drawn marks.
    pub logos: Logos,
}

/// What every endpoint can reach.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) engine: Engine,
    pub(crate) public_url: std::sync::Arc<Url>,
    pub(crate) logos: Logos,
}

impl FromRef<AppState> for Engine {
    fn from_ref(state: &AppState) -> Self {
        state.engine.clone()
    }
}

/// Everything that answers HTTP: the API and the pages.
pub fn router(engine: Engine, settings: Settings) -> Router {
    let state = AppState { engine, public_url: settings.public_url.into(), logos: settings.logos };
    let pages = edge::around_pages(connect::routes()).with_state(state.clone());
    let api = edge::around_api(api::routes()).with_state(state);
    edge::forgive_trailing_slash(api.merge(pages))
}
