//! How these tests speak to the API.

use axum::Router;
use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use model::Scopes;
use serde_json::{Value, json};
use testkit::World;
use testkit::databases::each_location;
use testkit::world::PUBLIC_URL;
use tower::ServiceExt;

/// A world with its router.
pub(crate) struct Api {
    pub(crate) world: World,
    router: Router,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Null when there was no body.
    pub(crate) body: Value,
}

/// Runs a test on each kind of database.
pub(crate) async fn each<F, Fut>(test: F)
where
    F: Fn(Api) -> Fut,
    Fut: Future<Output = ()>,
{
    let test = &test;
    each_location(|location| async move {
        let world = World::at(location).await;
        let public_url = PUBLIC_URL.parse().expect("a literal URL");
        let router =
            web::router(world.engine.clone(), web::Settings { public_url, logos: web::Logos::default() });
        test(Api { world, router }).await;
    })
    .await;
}

impl Api {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// A request with the key that may do everything.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let key = self.world.api_key.clone();
        self.call_as(&key, method, path, body).await
    }

    /// A request with any token.
    pub(crate) async fn call_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let request =
            Request::builder().method(method).uri(path).header(AUTHORIZATION, format!("Bearer {token}"));
        let request = match body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.send(request.expect("a valid request")).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("a router never fails");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the body is whole").to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A key of the test environment with these rights only.
    pub(crate) async fn key_with(&self, scopes: &[&str]) -> String {
        let scopes = Scopes::parse(scopes.iter().map(|scope| (*scope).to_owned())).expect("known scopes");
        self.world.key("test", scopes).await.1
    }

    /// A key with every right in another environment.
    pub(crate) async fn foreign_key(&self) -> String {
        self.world.key("other", Scopes::full()).await.1
    }

    /// An integration for keys that end users bring.
    pub(crate) async fn api_key_integration(&self, key: &str) {
        let config = json!({ "api_base_url": self.world.sandbox.url() });
        let body = json!({ "provider": "api-key-generic", "unique_key": key, "integration_config": config });
        self.post("/integrations", body).await.ok();
    }

    /// A connection with an API key.
    pub(crate) async fn api_key_connection(&self, integration: &str, connection: &str) -> Value {
        let credentials = json!({ "type": "API_KEY", "apiKey": "swordfish" });
        let body = json!({ "provider_config_key": integration, "connection_id": connection, "credentials": credentials });
        let answer = self.post("/connections", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body
    }
}

impl Answer {
    /// The body of a success.
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }

    /// Status and code of an error.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        let error = &self.body["error"];
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{}", self.body);
        (self.status.as_u16(), error["code"].as_str().unwrap_or_default())
    }

    /// Code and place of every issue, as `code at a.b`.
    pub(crate) fn issues(&self) -> Vec<String> {
        let issues = self.body["error"]["errors"].as_array().cloned().unwrap_or_default();
        let place = |issue: &Value| {
            let parts: Vec<_> =
                issue["path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            parts.join(".")
        };
        issues
            .iter()
            .map(|issue| format!("{} at {}", issue["code"].as_str().unwrap_or_default(), place(issue)))
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
