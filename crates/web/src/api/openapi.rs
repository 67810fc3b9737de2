//! `/openapi.json`: the API described for machines, made from the routes themselves.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// What is said once for all routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Claviger",
        description = "Connects accounts of end users at external APIs, keeps the credentials and hands them out fresh.\n\n\
            Every error is `{ \"error\": { \"code\", \"message\", \"errors\"?, \"payload\"? } }`. \
            `/connection`, `/connection/{connectionId}` and `/connection/metadata` are older spellings of the same endpoints."
    ),
    tags(
        (name = "Providers", description = "What can be connected."),
        (name = "Integrations", description = "Providers set up with the operator's own credentials."),
        (name = "Connect sessions", description = "Short permissions for an end user's browser."),
        (name = "Connections", description = "Accounts of end users."),
        (name = "Webhooks", description = "Events to the app."),
        (name = "Audit", description = "Who did what."),
        (name = "Environment", description = "The environment of the API key."),
        (name = "Operation", description = "For orchestrators and tools."),
        (name = "Older spellings", description = "Kept for clients that know no other.")
    ),
    modifiers(&Schemes)
)]
pub(super) struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, form) in
            [("api_key", "An API key: clv_…"), ("connect_session", "A connect session token: clv_cs_…")]
        {
            let scheme = Http::builder().scheme(HttpAuthScheme::Bearer).description(Some(form)).build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

static TEXT: LazyLock<Bytes> = LazyLock::new(|| {
    let document = super::documented().into_openapi();
    document.to_json().map(Bytes::from).expect("the document holds only text keys")
});

/// The API described for machines.
#[utoipa::path(
    get, path = "/openapi.json", tag = "Operation",
    responses((status = 200, description = "An OpenAPI 3.1 document."))
)]
pub(super) async fn read() -> Response {
    ([(CONTENT_TYPE, "application/json; charset=utf-8")], TEXT.clone()).into_response()
}
