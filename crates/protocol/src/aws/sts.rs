//! Temporary keys of a role: the Security Token Service
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>), or an endpoint of the operator's own
//! that stands in for it. A refresh is the same request again.

use std::time::Duration;

use catalog::provider::BodyFormat;
use catalog::{Placeholder, Provider, Values as _};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, Method};
use jiff::Timestamp;
use serde_json::Value;
use url::Url;
use vault::Secret;

use super::{Draft, Keys, Payload, Scope, sign};
use crate::client_auth::basic_value;
use crate::credential::AwsKeys;
use crate::fields::{Fields, Filling};
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::parameters::{Parameters, authorization, header_value};
use crate::refusal::TokenError;
use crate::{lifetime, refusal, xml};

/// How long keys live, in seconds: an hour is what every role allows.
const LIFETIME_S: u64 = 3600;

/// A role that is about to be assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The role, as `arn:aws:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// The identifier that the role asks for. It belongs to one connection: the end user writes it into the role.
    pub external_id: String,
    /// The region that requests will be signed for.
    pub region: String,
    /// The service that requests will be signed for.
    pub service: String,
}

/// The role of a connection. Its external identifier is the connection's, else a new one from the occasion; the
/// caller keeps it as the connection field `external_id` before the role is assumed.
pub fn role(provider: &Provider, fields: &Fields) -> Result<Role, RequestError> {
    let aws = provider.aws.as_ref().ok_or(RequestError::NoSuchStep { step: "AWS service" })?;
    let filling = Filling::new(provider, fields);
    let unfilled = |place: &str| {
        let place = place.to_owned();
        move |error: catalog::Unfilled| RequestError::Unfilled { place, reason: error.to_string() }
    };
    let service = aws.service.fill(&filling).map_err(unfilled("service"))?;
    let region = aws.region.fill(&filling).map_err(unfilled("region"))?;
    let arn = filling.value(&Placeholder::Credential("role_arn".to_owned()));
    let arn = arn.ok_or(RequestError::Missing { field: "the role" })?;
    let known = fields.connection.get("external_id").filter(|id| !id.is_empty());
    let external_id = match known {
        Some(id) => id.clone(),
        None => fields.needed_occasion()?.uuid(),
    };
    // Both become part of a host name.
    for (place, text) in [("service", &service), ("region", &region)] {
        if text.is_empty() || !text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            let reason = "it holds other signs than small letters, digits and hyphens".to_owned();
            return Err(RequestError::Unfilled { place: place.to_owned(), reason });
        }
    }
    if role_name(&arn).is_none() {
        let reason = "it is no ARN of a role".to_owned();
        return Err(RequestError::Unfilled { place: "role".to_owned(), reason });
    }
    Ok(Role { arn, external_id, region, service })
}

/// The request for keys. `fields` need an occasion.
pub fn request(provider: &Provider, role: &Role, fields: &Fields) -> Result<Request, RequestError> {
    let setting = Settings { filling: Filling::new(provider, fields) };
    if setting.text("sts_mode").as_deref() == Some("custom") {
        return setting.own_endpoint(role);
    }
    let id = setting.needed("aws_access_key_id", "the AWS access key")?;
    let secret = Secret::new(setting.needed("aws_secret_access_key", "the AWS secret key")?);
    let occasion = fields.needed_occasion()?;
    let mut parameters = Parameters::default();
    parameters.set("Action", "AssumeRole".to_owned());
    parameters.set("Version", "2011-06-15".to_owned());
    parameters.set("RoleArn", role.arn.clone());
    parameters.set("RoleSessionName", format!("claviger-{}", hex::encode(&occasion.random[..8])));
    parameters.set("DurationSeconds", LIFETIME_S.to_string());
    parameters.set("ExternalId", role.external_id.clone());
    let url = endpoint(provider, &role.region, fields)?;
    let mut request = parameters.request(Method::POST, url, BodyFormat::Form, HeaderMap::new());
    let keys = Keys { id: &id, secret: secret.expose(), session_token: None };
    let mut draft = Draft {
        method: &request.method,
        url: &mut request.url,
        headers: &mut request.headers,
        payload: Payload::Bytes(request.body.expose()),
    };
    sign(&mut draft, &keys, &Scope { region: &role.region, service: "sts" }, occasion.now)?;
    Ok(request)
}

/// The keys in the answer, which is XML or JSON, of AWS or of the operator's own endpoint.
pub fn outcome(role: Role, response: &Response, now: Timestamp) -> Result<AwsKeys, TokenError> {
    let answer = answer(response);
    if !response.status.is_success() {
        let refused = answer.as_ref().map(refusal_in);
        return Err(refusal::of_status(response.status, &response.headers, refused.as_ref(), now));
    }
    let answer = answer.ok_or(TokenError::Unreadable { reason: "it is neither JSON nor XML" })?;
    let homes = ["AssumeRoleResponse.AssumeRoleResult.Credentials", "Credentials", "credentials"];
    let home = homes.iter().find_map(|path| crate::json_path::find(&answer, path)).unwrap_or(&answer);
    let text = |names: &[&str], reason| {
        let found = names.iter().find_map(|name| text_at(home, name));
        found.ok_or(TokenError::Unreadable { reason })
    };
    let ends = ["Expiration", "expiration", "expires_at", "expiresAt"];
    let expires_at = ends.iter().find_map(|name| lifetime::at(home.get(name)?, now));
    Ok(AwsKeys {
        access_key_id: text(&["AccessKeyId", "accessKeyId", "access_key_id"], "it has no access key")?,
        secret_access_key: Secret::new(text(
            &["SecretAccessKey", "secretAccessKey", "secret_access_key"],
            "it has no secret key",
        )?),
        session_token: Secret::new(text(
            &["SessionToken", "sessionToken", "session_token"],
            "it has no session token",
        )?),
        expires_at: expires_at.or_else(|| now.checked_add(Duration::from_secs(LIFETIME_S)).ok()),
        role_arn: role.arn,
        external_id: Some(role.external_id),
        region: role.region,
        service: role.service,
    })
}

/// The endpoint of a region, unless the definition names another; the regions of China live under a domain of their
/// own.
pub(super) fn endpoint(provider: &Provider, region: &str, fields: &Fields) -> Result<Url, RequestError> {
    if let Some(url) = provider.aws.as_ref().and_then(|aws| aws.sts_url.as_ref()) {
        return Filling::new(provider, fields).url("STS URL", url);
    }
    let end = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    Url::parse(&format!("https://sts.{region}.{end}/"))
        .map_err(|error| RequestError::Url { place: "STS URL", reason: error.to_string() })
}

/// The name of a role: the last part of its path.
pub(super) fn role_name(arn: &str) -> Option<&str> {
    let [head, partition, "iam", _, account, role] = arn.splitn(6, ':').collect::<Vec<_>>()[..] else {
        return None;
    };
    let is_arn = head == "arn" && partition.starts_with("aws") && !account.is_empty();
    let path = role.strip_prefix("role/").filter(|_| is_arn)?;
    path.rsplit('/').next().filter(|name| !name.is_empty())
}

/// The answer, whatever it is written in.
pub(super) fn answer(response: &Response) -> Option<Value> {
    let text = String::from_utf8_lossy(response.body.expose());
    serde_json::from_str(&text).ok().or_else(|| xml::read(&text))
}

/// A refusal of AWS in the shape that refusals have elsewhere.
fn refusal_in(answer: &Value) -> Value {
    let homes = ["ErrorResponse.Error", "Error"];
    match homes.iter().find_map(|path| crate::json_path::find(answer, path)) {
        Some(error) => {
            serde_json::json!({ "error": text_at(error, "Code"), "error_description": text_at(error, "Message") })
        }
        None => answer.clone(),
    }
}

struct Settings<'a> {
    filling: Filling<'a>,
}

impl Settings<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.filling.value(&Placeholder::Integration(name.to_owned())).filter(|text| !text.is_empty())
    }

    fn needed(&self, name: &str, field: &'static str) -> Result<String, RequestError> {
        self.text(name).ok_or(RequestError::Missing { field })
    }

    /// The operator's own endpoint, which assumes the role for us.
    fn own_endpoint(&self, role: &Role) -> Result<Request, RequestError> {
        let url = self.needed("sts_endpoint_url", "the STS endpoint")?;
        let bad = |reason: String| RequestError::Url { place: "STS URL", reason };
        // Where plain http may lead is for the way out to say: an inner endpoint may be on its list.
        let url = Url::parse(&url).map_err(|error| bad(error.to_string()))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(bad("it is not an http or https URL".to_owned()));
        }
        let mut headers = HeaderMap::new();
        match self.text("sts_auth_type").as_deref() {
            Some("api_key") => {
                let name = self.text("sts_auth_header").unwrap_or_else(|| "x-api-key".to_owned());
                let field = || RequestError::HeaderValue { field: "the STS key".to_owned() };
                let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| field())?;
                let key = Secret::new(self.needed("sts_api_key", "the STS key")?);
                let mut value = header_value(key.expose()).ok_or_else(field)?;
                value.set_sensitive(true);
                headers.insert(name, value);
            }
            Some("basic") => {
                let user = self.needed("sts_auth_username", "the STS user name")?;
                let pair = format!("{user}:{}", self.text("sts_auth_password").unwrap_or_default());
                let value = basic_value(&Secret::new(pair));
                headers.insert(AUTHORIZATION, authorization(&value, "the STS password")?);
            }
            Some(_) | None => {}
        }
        let mut parameters = Parameters::default();
        parameters.set("role_arn", role.arn.clone());
        parameters.set("external_id", role.external_id.clone());
        parameters.set("region", role.region.clone());
        parameters.set("service", role.service.clone());
        Ok(parameters.request(Method::POST, url, BodyFormat::Json, headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_role_is_the_end_of_its_path() {
        for (arn, expected) in [
            ("arn:aws:iam::123456789012:role/Reader", Some("Reader")),
            ("arn:aws-cn:iam::123456789012:role/team/Reader", Some("Reader")),
            ("arn:aws:iam::123456789012:user/Reader", None),
            ("arn:aws:iam::123456789012:role/", None),
            ("arn:aws:s3::123456789012:role/Reader", None),
            ("Reader", None),
        ] {
            assert_eq!(role_name(arn), expected, "{arn}");
        }
    }
}
