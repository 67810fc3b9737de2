//! What the server can do, as RFC 8414 writes it down. The same document stands under the `OpenID` Connect path, for
//! clients that look only there; there are no ID tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::pages;
use crate::state::Shared;

pub(crate) async fn describe(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let url = &shared.url;
    let scopes: Vec<&str> = pages::SCOPES.iter().map(|(scope, _)| *scope).collect();
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "revocation_endpoint": format!("{url}/revoke"),
        "introspection_endpoint": format!("{url}/introspect"),
        "userinfo_endpoint": format!("{url}/api/me"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}
