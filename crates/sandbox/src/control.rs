//! The sandbox's own controls: `/_faults` and `/_requests`. They are never recorded and never fail.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::faults::{Endpoint, Fault};
use crate::requests::RecordedRequest;
use crate::state::Shared;

/// `POST /_faults`: switches one on and answers with all that are on. The JSON content type is needed, which keeps other
/// sites' forms out.
pub(crate) async fn switch_on(
    State(shared): State<Arc<Shared>>,
    Json(body): Json<Map<String, Value>>,
) -> Response {
    match parse(body) {
        Ok((endpoint, fault, times)) => {
            shared.switch_on(endpoint, fault, times);
            list(State(shared)).await.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "error": error.to_string() }))).into_response(),
    }
}

/// `GET /_faults`.
pub(crate) async fn list(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "active": shared.lock().faults.active() }))
}

/// `DELETE /_faults`.
pub(crate) async fn switch_off(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.lock().faults.clear();
    StatusCode::NO_CONTENT
}

/// `GET /_requests`, of one path with `?path=`.
pub(crate) async fn requests(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Vec<RecordedRequest>> {
    let memory = shared.lock();
    Json(match query.get("path") {
        Some(path) => memory.requests.to_path(path),
        None => memory.requests.all(),
    })
}

/// `DELETE /_requests`.
pub(crate) async fn forget(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.lock().requests.clear();
    StatusCode::NO_CONTENT
}

/// `endpoint` and `times` belong to the switch, all other fields to the fault.
fn parse(mut body: Map<String, Value>) -> serde_json::Result<(Endpoint, Fault, Option<u32>)> {
    #[derive(Deserialize)]
    struct Switch {
        endpoint: Option<Endpoint>,
        times: Option<u32>,
    }
    let switch = json!({ "endpoint": body.remove("endpoint"), "times": body.remove("times") });
    let switch: Switch = serde_json::from_value(switch)?;
    let fault: Fault = serde_json::from_value(Value::Object(body))?;
    Ok((switch.endpoint.unwrap_or_else(|| fault.usual_endpoint()), fault, switch.times))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: Value) -> serde_json::Result<(Endpoint, Fault, Option<u32>)> {
        parse(serde_json::from_value(body).expect("an object"))
    }

    #[test]
    fn a_status_fault_is_read_with_its_count() {
        let read = parsed(json!({"endpoint": "token", "fault": "status", "status": 500, "times": 1}));
        assert_eq!(read.expect("a good fault"), (Endpoint::Token, Fault::status(500), Some(1)));
    }

    #[test]
    fn a_fault_without_an_endpoint_means_its_usual_one() {
        let read = parsed(json!({"fault": "omit_iss"}));
        assert_eq!(read.expect("a good fault"), (Endpoint::Authorize, Fault::OmitIss, None));
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        assert!(parsed(json!({"fault": "slow", "millis": 5, "time": 1})).is_err());
    }
}
