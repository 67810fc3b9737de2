//! Servers of the Model Context Protocol: their metadata, and the registration of clients.

use catalog::provider::{AuthMode, Registration};
use http::Method;
use serde_json::{Value, json};
use url::Url;

use super::api::light;
use crate::arrived::Arrived;
use crate::simulator::{Reply, Simulator};
use crate::spec::{Content, Spec, Want};

impl Simulator {
    /// Expects what comes before consent, and consent.
    pub(super) fn expect_mcp(&mut self, scopes: &[String]) {
        if self.entry.auth == AuthMode::McpOauth2Discovery {
            self.publish_mcp_metadata();
            self.allow_discovery();
        }
        let way = self.entry.mcp.as_ref().map(|mcp| mcp.registration);
        if way == Some(Registration::Dynamic) {
            self.expect("registration", Self::registration_spec, |simulator, _| simulator.register());
        }
        self.expect_consent(scopes);
    }

    /// Whether clients are known by a document that they publish.
    pub(super) fn knows_clients_by_document(&self) -> bool {
        self.entry.mcp.as_ref().is_some_and(|mcp| mcp.registration == Registration::MetadataDocument)
    }

    /// The registration request (RFC 7591 §2, §3.1) of a public client.
    fn registration_spec(&self, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let mcp = entry.mcp.as_ref().ok_or("the entry has no [mcp]")?;
        let url = mcp.registration_url.as_ref().and_then(|url| self.address(url));
        let mut spec = Spec::new(Method::POST, url.ok_or("there is no registration URL")?);
        let uuids = arrived.uuids();
        let own: Vec<(String, Option<Value>)> = mcp
            .registration_params
            .iter()
            .map(|(name, tree)| (name.clone(), self.tree(tree, light(arrived, &uuids))))
            .collect();
        let callback = self.callback_url.to_string();
        spec.content = Content::Check(std::sync::Arc::new(move |body| {
            let Ok(Value::Object(said)) = serde_json::from_str(body) else {
                return Err(format!("the registration is no JSON object: {body}"));
            };
            if said.get("redirect_uris") != Some(&json!([callback])) {
                return Err(format!("redirect_uris is {:?}, not [{callback}]", said.get("redirect_uris")));
            }
            if said.get("token_endpoint_auth_method") != Some(&json!("none")) {
                return Err("it does not register a public client".to_owned());
            }
            if said.get("client_name").and_then(Value::as_str).is_none_or(str::is_empty) {
                return Err("it has no client_name".to_owned());
            }
            for (name, wanted) in &own {
                if said.get(name) != wanted.as_ref() {
                    return Err(format!("{name} is {:?}, not {wanted:?}", said.get(name)));
                }
            }
            let strange = said.keys().find(|name| !KNOWN.contains(&name.as_str()));
            strange.map_or(Ok(()), |name| Err(format!("{name} is no client metadata")))
        }));
        spec.set_header("content-type", Want::Is("application/json".to_owned()));
        Ok(spec)
    }

    fn register(&mut self) -> Reply {
        let id = self.grant.fresh("registered");
        self.cast.client_id.clone_from(&id);
        self.cast.has_secret = false;
        let answer = json!({
            "client_id": id,
            "client_id_issued_at": self.now.as_second(),
            "redirect_uris": [self.callback_url.as_str()],
            "token_endpoint_auth_method": "none",
        });
        Reply { status: 201, ..Reply::json(&answer) }
    }

    /// Publishes the metadata of the server (RFC 9728 §3.1) and of its issuer (RFC 8414 §3.1) at every place where it may
    /// stand, and makes the entry what the metadata says.
    fn publish_mcp_metadata(&mut self) {
        let entry = self.entry.clone();
        let server = entry
            .mcp
            .as_ref()
            .and_then(|mcp| self.text(mcp.server_url.as_ref()?, crate::knowledge::Light::default()));
        let Some(server) = server.and_then(|server| Url::parse(&server).ok()) else { return };
        let path = server.path().trim_end_matches('/').to_owned();
        let issuer = "https://issuer.operator.example.org/tenant".to_owned();
        let at = |path: &str| format!("https://issuer.operator.example.org{path}");
        let resource = server.as_str().to_owned();
        let about_server = json!({ "resource": resource, "authorization_servers": [issuer], "scopes_supported": ["tools", "files"] });
        let about_issuer = json!({
            "issuer": issuer,
            "authorization_endpoint": at("/tenant/authorize"),
            "token_endpoint": at("/tenant/token"),
            "registration_endpoint": at("/tenant/register"),
            "revocation_endpoint": at("/tenant/revoke"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        for place in [
            format!("/.well-known/oauth-protected-resource{path}"),
            "/.well-known/oauth-protected-resource".to_owned(),
        ] {
            let mut url = server.clone();
            url.set_path(&place);
            self.grant.documents.push((url.to_string(), about_server.clone()));
        }
        for place in [
            "/.well-known/oauth-authorization-server/tenant",
            "/.well-known/openid-configuration/tenant",
            "/tenant/.well-known/openid-configuration",
        ] {
            self.grant.documents.push((at(place), about_issuer.clone()));
        }
        let mut whole = serde_json::to_value(&*entry).expect("a definition was read from such a value");
        let literal = |name: &str| about_issuer[name].clone();
        whole["mcp"]["registration_url"] = literal("registration_endpoint");
        whole["authorization"] = json!({
            "url": literal("authorization_endpoint"), "params": { "resource": resource },
            "issuer": issuer, "iss_in_response": true,
        });
        whole["token"] = json!({ "url": literal("token_endpoint"), "client_auth": "none", "params": { "resource": resource } });
        whole["revocation"] = json!({ "url": literal("revocation_endpoint") });
        whole["scopes"]["default"] = json!(["tools", "files"]);
        self.entry =
            std::sync::Arc::new(serde_json::from_value(whole).expect("the metadata makes a definition"));
    }

    /// Lets a document be read, once.
    pub(super) fn allow_document(&mut self, place: &str, says: Value) {
        let Ok(url) = Url::parse(place) else { return };
        self.allow(
            "metadata",
            move |_, _| Ok(Spec::new(Method::GET, url.clone())),
            move |_, _| Reply::json(&says),
        );
    }
}

/// Client metadata of RFC 7591 §2 and OpenID Connect Dynamic Client Registration 1.0 §2.
const KNOWN: [&str; 14] = [
    "redirect_uris",
    "token_endpoint_auth_method",
    "grant_types",
    "response_types",
    "client_name",
    "client_uri",
    "logo_uri",
    "scope",
    "contacts",
    "tos_uri",
    "policy_uri",
    "software_id",
    "software_version",
    "application_type",
];
