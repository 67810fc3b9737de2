//! The description for machines.

use http::Method;
use serde_json::Value;

use crate::api::{Api, each};

async fn document(api: &Api) -> Value {
    api.get("/openapi.json").await.ok()
}

/// Methods and paths of the document.
fn operations(document: &Value) -> Vec<(Method, String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods").iter();
        methods.map(move |(method, operation)| {
            let method = method.to_uppercase().parse().expect("a method");
            (method, path.clone(), operation.clone())
        })
    });
    all.collect()
}

#[tokio::test]
async fn every_described_operation_is_served() {
    each(|api| async move {
        let operations = operations(&document(&api).await);
        assert!(operations.len() > 25, "{}", operations.len());
        for (method, path, _) in operations {
            let concrete = path
                .replace("{provider}", "github")
                .replace("{uniqueKey}", "x")
                .replace("{connectionId}", "y");
            let answer = api.call(method.clone(), &concrete, None).await;
            assert_ne!(answer.status.as_u16(), 405, "{method} {path}");
            let missing = answer.body["error"]["message"]
                .as_str()
                .is_some_and(|message| message.contains("/openapi.json"));
            assert!(!missing, "{method} {path}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_operation_but_those_for_orchestrators_demands_a_token() {
    each(|api| async move {
        for (method, path, operation) in operations(&document(&api).await) {
            let open = ["/health", "/ready", "/openapi.json"].contains(&path.as_str());
            assert_eq!(operation.get("security").is_none(), open, "{method} {path}");
            let concrete = path
                .replace("{provider}", "github")
                .replace("{uniqueKey}", "x")
                .replace("{connectionId}", "y");
            let answer = api.call_as("", method.clone(), &concrete, None).await;
            assert_eq!(answer.status == 401, !open, "{method} {path} {}", answer.status);
        }
    })
    .await;
}

#[tokio::test]
async fn the_scope_an_operation_names_is_enough_and_any_other_is_not() {
    each(|api| async move {
        let mut keys = Vec::new();
        for scope in model::Scope::ALL {
            keys.push((scope.as_str(), api.key_with(&[scope.as_str()]).await));
        }
        for (method, path, operation) in operations(&document(&api).await) {
            let Some(named) = operation["security"][0]["api_key"][0].as_str() else { continue };
            let concrete = path.replace("{uniqueKey}", "x").replace("{connectionId}", "y");
            for (scope, key) in &keys {
                let answer = api.call_as(key, method.clone(), &concrete, None).await;
                assert_eq!(answer.status == 403, !is_enough(scope, named), "{method} {path} with {scope}");
            }
        }
    })
    .await;
}

/// `…:list_credentials` does what `…:list` does, and `…:read_credentials` what `…:read` does.
fn is_enough(scope: &str, named: &str) -> bool {
    scope == named || scope.strip_suffix("_credentials") == Some(named)
}
