//! Apps and plugins that are installed at the vendor.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::app_installation::{self, Installation};
use protocol::{Credential, plugin};

use protocol::Fields;
use serde_json::{Value, json};

use crate::given;

fn timed() -> Fields {
    Fields { occasion: Some(given::occasion()), ..Fields::default() }
}

fn app() -> Value {
    json!({
        "auth": "app_installation",
        "authorization": {"url": "{integration.app_link}/installations/new"},
        "app": {
            "token_url": "https://api.example.com/app/installations/{connection.installation_id}/access_tokens",
            "app_id": "{integration.app_id}",
            "private_key": "{integration.private_key}",
        },
    })
}

#[test]
fn an_app_signs_for_a_token_of_its_installation() {
    let provider = given::provider(app());
    let key = given::rsa_key();
    let pairs = [("app_id", "42"), ("private_key", key.as_str()), ("app_link", "https://example.com/apps/x")];
    let fields = Fields {
        integration: given::texts(&pairs),
        connection: given::texts(&[("installation_id", "7")]),
        ..timed()
    };
    let page = app_installation::begin(&provider, &fields, "st&te").ok().unwrap();
    assert_eq!(page.as_str(), "https://example.com/apps/x/installations/new?state=st%26te");
    let request = app_installation::request(&provider, None, &fields).ok().unwrap();
    assert_eq!(request.url.as_str(), "https://api.example.com/app/installations/7/access_tokens");
    let bearer = request.headers["authorization"].to_str().unwrap();
    let claims = bearer.strip_prefix("Bearer ").unwrap().split('.').nth(1).unwrap();
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims, r#"{"iat":1699999940,"exp":1700000540,"iss":"42"}"#);
}

#[test]
fn the_token_of_an_installation_is_read() {
    let answer = "201\n\n{\"token\":\"ghs\",\"expires_at\":\"2023-11-14T23:13:20Z\"}";
    let token = app_installation::outcome(&given::response(answer), given::now()).ok().unwrap();
    assert_eq!(token.access_token.expose(), "ghs");
    let credential = Credential::App { installation: token, user: Some(given::tokens()) };
    assert_eq!(credential.expires_at(), Some(given::now()));
    let read = Credential::from_seal_text(credential.seal_text().expose()).ok().unwrap();
    let Credential::App { installation, user } = read else { panic!("an app's credential") };
    assert_eq!(installation.access_token.expose(), "ghs");
    assert_eq!(user.map(|user| given::shown(&user)), Some(given::shown(&given::tokens())));
    let gone =
        app_installation::outcome(&given::response("404\n\n{\"message\":\"Not Found\"}"), given::now());
    assert!(gone.err().unwrap().is_final());
}

#[test]
fn the_browser_brings_back_an_installation_or_a_code_or_both() {
    for (query, expected) in [
        ("state=s&installation_id=7&setup_action=install", "installed 7"),
        ("state=s&installation_id=7&setup_action=install&code=c", "installed 7 code c"),
        ("state=s&code=c", "awaited code c"),
        ("state=s&code=c&setup_action=request&installation_id=7", "awaited code c"),
        ("state=s&setup_action=request", "awaited"),
        ("state=s&error=access_denied", "refused access_denied"),
        ("state=s", "bad"),
        ("state=s&installation_id=..%2F7", "bad"),
        ("state=s&installation_id=7&installation_id=8", "bad"),
    ] {
        let with = |code: Option<vault::Secret<String>>| {
            code.map(|code| format!(" code {}", code.expose())).unwrap_or_default()
        };
        let shown = match app_installation::read(query) {
            Ok(Installation::Installed { installation_id, code }) => {
                format!("installed {installation_id}{}", with(code))
            }
            Ok(Installation::Awaited { code }) => format!("awaited{}", with(code)),
            Ok(Installation::Refused { error }) => format!("refused {error}"),
            Err(_) => "bad".to_owned(),
        };
        assert_eq!(shown, expected, "{query}");
    }
}

#[test]
fn a_plugin_begins_with_us_or_with_a_notification() {
    let provider = given::provider(json!({
        "auth": "plugin_install",
        "authorization": {"url": "{integration.app_link}", "rename": {"state": "payload"}},
        "plugin": {"started_by": "vendor", "code_path": "data.installation.code"},
        "captures": {"webhook": {"uuid": "data.installation.uuid"}},
    }));
    let fields =
        Fields { integration: given::texts(&[("app_link", "https://app.example.com/p/1")]), ..timed() };
    let page = plugin::begin(&provider, &fields, "s").ok().unwrap();
    assert_eq!(page.as_str(), "https://app.example.com/p/1?payload=s");
    let told = json!({"data": {"installation": {"code": "c", "uuid": "u"}}});
    assert_eq!(plugin::code(&provider, &told).unwrap().expose(), "c");
    assert_eq!(plugin::captures(&provider, &told), given::texts(&[("uuid", "u")]));
    let entered = [("username", "u"), ("password", "p")]
        .map(|(name, value)| (name.to_owned(), given::secret(value)))
        .into();
    assert!(
        matches!(plugin::credential(&entered), Ok(Credential::Basic { username, .. }) if username == "u")
    );
    assert!(plugin::credential(&BTreeMap::new()).is_err());
}
