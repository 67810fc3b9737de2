//! The pages an end user sees while connecting an account: choose, fill in or agree, done.
//!
//! They are plain HTML forms that work without scripts. A session token arrives once, in the link the app made; it is
//! moved into a cookie at once, so that it stays in no address bar, history or `Referer` (RFC 9700 §4.2.4). What may be
//! connected, and every rule about it, is decided by the engine; this module only asks and shows.

mod addresses;
mod assets;
mod callback;
mod client_document;
mod cookies;
mod device;
mod done;
mod enter;
mod field;
mod form;
#[cfg(test)]
mod gallery;
mod list;
mod logo;
mod monogram;
mod origin;
mod page;
#[cfg(test)]
mod sample;
mod stopped;
mod visitor;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use crate::AppState;

/// The largest form that is read: a private key in PEM form, several times over.
const LARGEST_FORM: usize = 64 * 1024;

/// All routes of the connect pages.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/connect", get(enter::enter))
        .route("/connect/s/{session}", get(list::show))
        .route("/connect/s/{session}/{integration}", get(form::show).post(form::submit))
        .route("/connect/s/{session}/done/{integration}", get(done::show))
        .route("/connect/device/{flow}", get(device::show))
        .route("/oauth/callback", get(callback::receive))
        // Where apps that were set up for the contract's other address come back to.
        .route("/app-auth/connect", get(callback::receive))
        .route("/oauth/client-metadata/{environment}/{integration}", get(client_document::serve))
        .route("/connect/assets/{name}", get(assets::serve))
        .route("/images/template-logos/{file}", get(logo::serve))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
}
