//! What a placeholder stands for in the eyes of the provider.

use catalog::Alternatives;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::arrived::Arrived;
use crate::path;
use crate::signature::sigv4::{self, Signer};
use crate::simulator::Simulator;
use crate::template::{UNIT, fill_address, fill_address_below};

/// What a template is filled in the light of.
#[derive(Clone, Copy, Default)]
pub(crate) struct Light<'a> {
    /// The request that is judged.
    pub(crate) arrived: Option<&'a Arrived>,
    /// The random UUID that it seems to use.
    pub(crate) uuid: Option<&'a str>,
}

impl Simulator {
    /// The value of a placeholder, by the text between its braces.
    pub(crate) fn value(&self, name: &str, light: Light<'_>) -> Option<String> {
        let grant = &self.grant;
        match name {
            "app.client_id" => return Some(self.cast.client_id.clone()),
            "app.client_secret" => return self.cast.has_secret.then(|| self.cast.client_secret.clone()),
            "token.access" => return grant.access.clone().or_else(|| self.made_value(name, light)),
            "jwt" | "saml" => return self.made_value(name, light),
            "token.refresh" => return grant.refresh.clone(),
            "session.cookies" => return grant.cookies.clone(),
            "random.uuid" => return light.uuid.map(str::to_owned),
            "product.name" => return Some("Claviger".to_owned()),
            "product.user_agent" => return product_user_agent(light.arrived?),
            _ => {}
        }
        if let Some(moment) = name.strip_prefix("now") {
            return written(self.now, moment);
        }
        if let Some(parts) = name.strip_prefix("aws_sigv4").and_then(|parts| parts.strip_prefix(UNIT)) {
            return signed_for_aws(parts, light.arrived?);
        }
        let (kind, field) = name.split_once('.')?;
        let inputs = &self.entry.inputs;
        let default = |inputs: &[catalog::Input]| {
            inputs.iter().find(|input| input.name == field).and_then(|input| input.default.clone())
        };
        match kind {
            "connection" => grant.connection.get(field).cloned().or_else(|| default(&inputs.connection)),
            "integration" => {
                self.cast.integration.get(field).cloned().or_else(|| default(&inputs.integration))
            }
            "credential" => self.cast.credential.get(field).cloned().or_else(|| default(&inputs.credential)),
            "one_time" => self.cast.one_time.get(field).cloned(),
            "step" => self.step_value(field),
            "callback" => grant.callback.get(field).cloned(),
            "token" => match field.split_once('.')? {
                ("response", at) => path::text(&grant.answer, at),
                ("claims", at) => path::text(&grant.claims, at),
                _ => None,
            },
            "request" => part_of(light.arrived?, field, self.api_root().as_ref()),
            _ => None,
        }
    }

    /// A template's text.
    pub(crate) fn text(&self, template: &catalog::Template, light: Light<'_>) -> Option<String> {
        crate::template::fill_template(template, &|name| self.value(name, light))
    }

    /// The first alternative's text.
    pub(crate) fn first_text(&self, templates: &Alternatives, light: Light<'_>) -> Option<String> {
        crate::template::fill_first(templates, &|name| self.value(name, light))
    }

    /// A URL of the definition.
    pub(crate) fn address(&self, templates: &Alternatives) -> Option<Url> {
        fill_address(templates, &|name| self.value(name, Light::default()))
    }

    /// A URL that may be a path below the root of the API.
    pub(crate) fn address_below(&self, templates: &Alternatives) -> Option<Url> {
        let root = self.api_root();
        fill_address_below(templates, root.as_ref(), &|name| self.value(name, Light::default()))
    }

    /// The root of the API.
    pub fn api_root(&self) -> Option<Url> {
        self.address(self.entry.api.base_url.as_ref()?)
    }
}

/// The value of `{aws_sigv4:…}`; nothing when the request is not signed, or for another host than it goes to.
fn signed_for_aws(parts: &str, arrived: &Arrived) -> Option<String> {
    let parts: Vec<&str> = parts.split(UNIT).collect();
    let (&[id, secret, region, service], host) = parts.split_first_chunk()?;
    let usual = format!("{service}.amazonaws.com");
    let host = host.first().copied().unwrap_or(&usual);
    let signer = Signer { id, secret, region, service };
    if arrived.url.host_str() != Some(host) {
        return Some(format!("a signature for {host}"));
    }
    Some(sigv4::authorization(&signer, arrived).unwrap_or_else(|why| format!("a signature: {why}")))
}

/// The vendor wants to know who calls: the product by its name.
fn product_user_agent(arrived: &Arrived) -> Option<String> {
    let said = arrived.header("user-agent")?;
    said.starts_with("Claviger").then(|| said.to_owned())
}

/// The text of `now` with what stands behind it: a shift, a format, both or neither.
fn written(now: Timestamp, moment: &str) -> Option<String> {
    let (shift, format) = moment.split_once(':').unwrap_or((moment, "%Y-%m-%dT%H:%M:%S%.3fZ"));
    let seconds = match shift.split_at_checked(shift.len().saturating_sub(1)) {
        Some((number, "d")) => number.parse::<i64>().ok()? * 86_400,
        Some((number, "h")) => number.parse::<i64>().ok()? * 3_600,
        Some((number, "m")) => number.parse::<i64>().ok()? * 60,
        Some((number, "s")) => number.parse::<i64>().ok()?,
        Some(_) | None => 0,
    };
    let at = now.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    jiff::fmt::strtime::format(format, &at.to_zoned(TimeZone::UTC)).ok()
}

/// A part of the request as the format describes it.
fn part_of(arrived: &Arrived, name: &str, root: Option<&Url>) -> Option<String> {
    let url = &arrived.url;
    match name {
        "method" => Some(arrived.method.to_string()),
        "host" => Some(match url.port() {
            Some(port) => format!("{}:{port}", url.host_str()?),
            None => url.host_str()?.to_owned(),
        }),
        "path" => Some(url.path().to_owned()),
        "endpoint" => {
            let whole = &url[url::Position::BeforePath..];
            let below = root?.path().trim_end_matches('/');
            Some(whole.strip_prefix(below).unwrap_or(whole).to_owned())
        }
        "body" => Some(arrived.text().to_owned()),
        "canonical_params" => Some(canonical_params(arrived)),
        _ => None,
    }
}

fn canonical_params(arrived: &Arrived) -> String {
    let changes = ["POST", "PUT", "PATCH"].contains(&arrived.method.as_str());
    let pairs: Vec<(String, String)> =
        if changes { form_urlencoded::parse(&arrived.body).into_owned().collect() } else { arrived.query() };
    let mut pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.sort();
    pairs.join("&")
}

/// Percent-encoded but for unreserved characters (RFC 3986 §2.3).
pub(crate) fn encoded(text: &str) -> String {
    const UNRESERVED: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(text, UNRESERVED).to_string()
}
