//! Pictures of providers: drawn, or from the operator's directory.

use std::fs;
use std::path::Path;

use axum::body::Body;
use catalog::Catalog;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use testkit::World;
use testkit::databases::each_location;
use testkit::world::PUBLIC_URL;
use tower::ServiceExt;
use web::Logos;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";
const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";

/// A directory with these files, removed at the end.
fn directory(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    for (name, bytes) in files {
        fs::write(directory.path().join(name), bytes).expect("a file can be written");
    }
    directory
}

struct Pictures(axum::Router);

struct Picture {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Pictures {
    async fn get(&self, name: &str) -> Picture {
        self.ask(Request::get(format!("/images/template-logos/{name}"))).await
    }

    async fn ask(&self, request: http::request::Builder) -> Picture {
        let request = request.body(Body::empty()).expect("a valid request");
        let response = self.0.clone().oneshot(request).await.expect("a router never fails");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the body is whole").to_bytes().to_vec();
        Picture { status: parts.status, headers: parts.headers, bytes }
    }
}

impl Picture {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn is_drawn(&self) -> bool {
        self.status == StatusCode::OK && self.bytes.windows(14).any(|window| window == b"linearGradient")
    }
}

async fn each<F, Fut>(logos: Option<&Path>, test: F)
where
    F: Fn(Pictures) -> Fut,
    Fut: Future<Output = ()>,
{
    let test = &test;
    each_location(|location| async move {
        let world = World::at(location).await;
        let public_url = PUBLIC_URL.parse().expect("a literal URL");
        let logos =
            logos.map_or_else(Logos::default, |path| Logos::in_directory(path).expect("it can be listed"));
        test(Pictures(web::router(world.engine.clone(), web::Settings { public_url, logos }))).await;
    })
    .await;
}

#[tokio::test]
async fn without_a_directory_every_mark_is_drawn() {
    each(None, |pictures| async move {
        let github = pictures.get("github.svg").await;
        assert!(github.is_drawn());
        assert_eq!(github.header("content-type"), "image/svg+xml");
    })
    .await;
}

#[tokio::test]
async fn the_operators_file_replaces_the_mark_and_is_served_as_what_it_is() {
    // The PNG says that it is an SVG.
    let directory =
        directory(&[("github.svg", PNG), ("gitlab.png", PNG), ("slack.svg", SVG), ("slack.png", PNG)]);
    each(Some(directory.path()), |pictures| async move {
        for (slug, media_type, bytes) in
            [("github", "image/png", PNG), ("gitlab", "image/png", PNG), ("slack", "image/svg+xml", SVG)]
        {
            let picture = pictures.get(&format!("{slug}.svg")).await;
            assert_eq!(picture.header("content-type"), media_type, "{slug}");
            assert_eq!(picture.bytes, bytes, "{slug}");
            assert_eq!(picture.header("x-content-type-options"), "nosniff");
            assert_eq!(
                picture.header("content-security-policy"),
                "default-src 'none'; style-src 'unsafe-inline'; sandbox"
            );
        }
        assert!(pictures.get("asana.svg").await.is_drawn());
    })
    .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_served_leaves_the_drawn_mark() {
    let large = [SVG, " ".repeat(256 * 1024).as_bytes()].concat();
    let directory =
        directory(&[("github.svg", &large), ("gitlab.svg", b"<html></html>"), ("asana.png", b"")]);
    fs::create_dir(directory.path().join("slack.svg")).expect("a directory can be made");
    each(Some(directory.path()), |pictures| async move {
        for slug in ["github", "gitlab", "asana", "slack"] {
            assert!(pictures.get(&format!("{slug}.svg")).await.is_drawn(), "{slug}");
        }
    })
    .await;
}

#[tokio::test]
async fn no_request_reaches_a_file_beside_the_directory() {
    let outer = directory(&[("secret.svg", SVG)]);
    let inner = outer.path().join("logos");
    fs::create_dir(&inner).expect("a directory can be made");
    // A file whose name is no provider of the catalog is not served either.
    fs::write(inner.join("unlisted.svg"), SVG).expect("a file can be written");
    each(Some(&inner), |pictures| async move {
        for name in
            ["..%2fsecret.svg", "%2e%2e%2fsecret.svg", "..%5csecret.svg", ".svg", "secret%00.svg", "github"]
        {
            assert_eq!(pictures.get(name).await.status, StatusCode::NOT_FOUND, "{name}");
        }
        assert!(pictures.get("unlisted.svg").await.is_drawn());
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_has_the_picture_is_not_sent_it_again_until_it_changes() {
    let directory = directory(&[("github.png", PNG)]);
    let place = directory.path();
    each(Some(place), |pictures| async move {
        fs::write(place.join("github.png"), PNG).expect("a file can be written");
        let first = pictures.get("github.svg").await;
        assert_eq!(first.header("cache-control"), "public, max-age=3600");
        let again = || {
            let request = Request::get("/images/template-logos/github.svg");
            pictures.ask(request.header("if-none-match", first.header("etag")))
        };
        let same = again().await;
        assert_eq!((same.status, same.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(same.header("etag"), first.header("etag"));
        fs::write(place.join("github.png"), [PNG, b"more"].concat()).expect("a file can be written");
        assert_eq!(again().await.status, StatusCode::OK);
    })
    .await;
}

#[test]
fn an_operator_is_told_what_is_not_served() {
    let directory = directory(&[
        ("github.svg", SVG),
        ("gitlab.svg", b"<html></html>"),
        ("Slack.svg", SVG),
        ("asana.jpg", b"x"),
        ("README.md", b"x"),
    ]);
    let logos = Logos::in_directory(directory.path()).expect("it can be listed");
    assert_eq!(
        logos.check(&Catalog::embedded()).expect("it can be listed"),
        [
            "Slack.svg is not named after a provider of the catalog",
            "asana.jpg is not served: a logo ends in .svg, .webp, .png",
            "gitlab.svg is neither SVG nor PNG nor WebP, whatever its name says",
        ]
    );
    assert!(Logos::in_directory(&directory.path().join("absent")).is_err());
}
