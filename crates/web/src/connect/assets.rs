//! Styles and the one script. Their names hold a hash of their content, so browsers may keep them for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};

/// The design tokens: colours, sizes, motion.
pub(crate) static TOKENS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("tokens", "css", "text/css; charset=utf-8", include_str!("../../assets/tokens.css"))
});
/// The connect pages' styles.
pub(crate) static STYLES: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("connect", "css", "text/css; charset=utf-8", include_str!("../../assets/connect.css"))
});
/// What pages do beyond plain forms.
pub(crate) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("connect", "js", "text/javascript; charset=utf-8", include_str!("../../assets/connect.js"))
});

/// A file that is part of the program.
pub(crate) struct Asset {
    name: String,
    media_type: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, media_type: &'static str, text: &'static str) -> Self {
        Self { name: format!("{stem}-{:016x}.{ending}", fnv(text.as_bytes())), media_type, text }
    }

    /// Where browsers find it.
    pub(crate) fn address(&self) -> String {
        format!("/connect/assets/{}", self.name)
    }
}

/// `GET /connect/assets/{name}`
pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    let assets = [&*TOKENS, &*STYLES, &*SCRIPT];
    let Some(asset) = assets.into_iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (CONTENT_TYPE, asset.media_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, asset.text).into_response()
}

/// FNV-1a, 64 bits: tells two versions of a file apart, and is no protection against anybody.
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_has_its_published_values() {
        assert_eq!(fnv(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[tokio::test]
    async fn a_file_of_this_version_may_be_kept_for_ever_and_another_is_not_found() {
        let found = serve(Path(STYLES.name.clone())).await;
        assert_eq!(found.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(found.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
        assert_eq!(serve(Path("connect.css".to_owned())).await.status(), StatusCode::NOT_FOUND);
    }
}
