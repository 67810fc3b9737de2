//! Tokens that the engine makes itself: signed ones (RFC 7519) and the header of Web Services Security.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::Tree;
use catalog::provider::{JwtAlgorithm, KeyEncoding};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::arrived::Arrived;
use crate::jose;
use crate::knowledge::Light;
use crate::simulator::Simulator;

/// The token in a request, when it is right; otherwise what is wrong with it, which then does not fit its place.
pub(crate) fn find(simulator: &Simulator, _: &str, arrived: &Arrived) -> Option<String> {
    if simulator.entry.signature.is_some() {
        let header = arrived.header("x-wsse")?;
        return Some(judged(header, username_token(simulator, header)));
    }
    let token = token_in(arrived)?;
    let outcome = signed(simulator, &token);
    Some(judged(&token, outcome))
}

fn judged(token: &str, outcome: Result<(), String>) -> String {
    outcome.map_or_else(|why| format!("a token of another kind: {why}"), |()| token.to_owned())
}

/// What looks like a signed token.
fn token_in(arrived: &Arrived) -> Option<String> {
    let pattern = regex::Regex::new(r"eyJ[\w-]+\.[\w-]+\.[\w-]+").expect("the pattern is well formed");
    let headers = arrived.headers.values().filter_map(|value| value.to_str().ok());
    let texts = headers.chain([arrived.text()]);
    texts.filter_map(|text| pattern.find(text)).map(|found| found.as_str().to_owned()).next()
}

fn signed(simulator: &Simulator, token: &str) -> Result<(), String> {
    let entry = simulator.entry.clone();
    let jwt = entry.jwt.as_ref().ok_or("the entry signs no tokens")?;
    let light = Light::default();
    let key = simulator.text(&jwt.key, light).ok_or("there is no key")?;
    let key = match jwt.key_encoding {
        KeyEncoding::Utf8 => key.into_bytes(),
        KeyEncoding::Hex => hex::decode(key).map_err(|error| error.to_string())?,
    };
    let algorithm = match jwt.algorithm {
        JwtAlgorithm::Hs256 => "HS256",
        JwtAlgorithm::Rs256 => "RS256",
        JwtAlgorithm::Ps256 => "PS256",
        JwtAlgorithm::Es256 => "ES256",
    };
    let opened = jose::open(token, algorithm, &key)?;
    let mut header = Map::from_iter([("alg".to_owned(), json!(algorithm)), ("typ".to_owned(), json!("JWT"))]);
    for (name, template) in &jwt.header {
        header.extend(simulator.text(template, light).map(|text| (name.clone(), json!(text))));
    }
    if opened.header != Value::Object(header.clone()) {
        return Err(format!("its header is {}, not {}", opened.header, Value::Object(header)));
    }
    let said = opened.claims.to_string();
    let uuid = regex::Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
        .expect("the pattern is well formed");
    let uuid = uuid.find(&said).map(|found| found.as_str());
    let light = Light { uuid, ..light };
    let made_at = simulator.grant.minted_at.unwrap_or(simulator.now).as_second();
    let lifetime = i64::try_from(jwt.lifetime_s).map_err(|error| error.to_string())?;
    let mut claims =
        Map::from_iter([("iat".to_owned(), json!(made_at)), ("exp".to_owned(), json!(made_at + lifetime))]);
    for (name, tree) in &jwt.claims {
        claims.extend(claim(simulator, tree, light).map(|value| (name.clone(), value)));
    }
    let wanted = Value::Object(claims);
    if opened.claims == wanted { Ok(()) } else { Err(format!("its claims are {said}, not {wanted}")) }
}

/// A claim; an element of a list is split at commas.
fn claim(simulator: &Simulator, tree: &Tree, light: Light<'_>) -> Option<Value> {
    let Tree::List(list) = tree else { return simulator.tree(tree, light) };
    let mut elements = Vec::new();
    for value in list.iter().filter_map(|element| simulator.tree(element, light)) {
        match value.as_str() {
            Some(text) => elements.extend(text.split(',').map(|part| json!(part.trim()))),
            None => elements.push(value),
        }
    }
    (!elements.is_empty()).then_some(Value::Array(elements))
}

/// The `UsernameToken` as the vendor computes it: base64 of the hex form of SHA-1 over nonce, time and secret.
fn username_token(simulator: &Simulator, header: &str) -> Result<(), String> {
    let part = |name: &str| -> Result<String, String> {
        let start = format!("{name}=\"");
        let (_, rest) = header.split_once(&start).ok_or(format!("{name} is missing"))?;
        Ok(rest.split('"').next().unwrap_or_default().to_owned())
    };
    if !header.starts_with("UsernameToken ") {
        return Err("it is no UsernameToken".to_owned());
    }
    let entered = |name: &str| simulator.cast.credential.get(name).cloned().unwrap_or_default();
    let (nonce, created) = (part("Nonce")?, part("Created")?);
    if part("Username")? != entered("username") {
        return Err("it names another user".to_owned());
    }
    if nonce.len() != 32 || !nonce.bytes().all(|sign| sign.is_ascii_hexdigit()) {
        return Err(format!("its nonce is {nonce}, not 16 bytes in hex"));
    }
    let at: Timestamp = created.parse().map_err(|_| format!("it was created at {created}"))?;
    let made_at = simulator.grant.minted_at.unwrap_or(simulator.now);
    if at.as_second() != made_at.as_second() {
        return Err(format!("it was created at {created}, not {made_at}"));
    }
    let text = format!("{nonce}{created}{}", entered("password"));
    let sum = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    let wanted = STANDARD.encode(hex::encode(sum));
    let found = part("PasswordDigest")?;
    if found == wanted { Ok(()) } else { Err(format!("its digest is {found}, not {wanted}")) }
}
