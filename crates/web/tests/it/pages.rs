//! Pages and documents that browsers and authorization servers ask for.

use axum::body::Body;
use axum::response::Response;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use testkit::databases::each_location;
use testkit::{World, each_world};
use tower::ServiceExt;
use url::Url;

async fn get(world: &World, path: &str) -> (StatusCode, String, String) {
    let public_url: Url = world.engine.public_url().clone();
    let router =
        web::router(world.engine.clone(), web::Settings { public_url, logos: web::Logos::default() });
    let request = Request::get(path).body(Body::empty()).expect("a valid request");
    let response: Response = router.oneshot(request).await.expect("a router never fails");
    let (parts, body) = response.into_parts();
    let kind = parts.headers.get("content-type").map(|kind| kind.to_str().unwrap_or_default().to_owned());
    let bytes = body.collect().await.expect("the body is whole").to_bytes();
    (parts.status, kind.unwrap_or_default(), String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn a_code_page_that_nobody_began_here_says_that_it_is_over() {
    each_world(async |world| {
        let (status, _, html) = get(&world, "/connect/device/nobody-knows-it").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(html.contains("no longer valid"), "{html}");
    })
    .await;
}

#[tokio::test]
async fn both_callback_addresses_are_read() {
    each_world(async |world| {
        for path in ["/oauth/callback?state=x&code=y", "/app-auth/connect?state=x&installation_id=1"] {
            let (status, _, html) = get(&world, path).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
            assert!(html.contains("no longer valid"), "{html}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_client_document_stands_at_the_address_that_it_names() {
    each_location(|location| {
        Box::pin(async move {
            let world = World::on_https(location, "https://broker.example").await;
            let new = engine::NewIntegration {
                provider: "mcp-generic".to_owned(),
                key: "my server".to_owned(),
                ..engine::NewIntegration::default()
            };
            let by = world.may::<engine::right::CreateIntegration>();
            let made = world.engine.create_integration(&by, new).await;
            assert!(made.is_ok());
            let environment = world.caller.environment.id.0;
            let path = format!("/oauth/client-metadata/{environment}/my%20server");
            let (status, kind, text) = get(&world, &path).await;
            assert_eq!((status, kind.as_str()), (StatusCode::OK, "application/json"));
            let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(document["client_id"], format!("https://broker.example{path}"));
            let (status, _, _) = get(&world, &format!("/oauth/client-metadata/{environment}/other")).await;
            assert_eq!(status, StatusCode::NOT_FOUND);
        })
    })
    .await;
}

#[tokio::test]
async fn without_https_there_is_no_client_document() {
    each_world(async |world| {
        let environment = world.caller.environment.id.0;
        let (status, _, text) = get(&world, &format!("/oauth/client-metadata/{environment}/mcp")).await;
        assert_eq!((status, text.as_str()), (StatusCode::NOT_FOUND, ""));
    })
    .await;
}
