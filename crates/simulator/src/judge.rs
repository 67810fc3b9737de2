//! The judge: compares what arrived with what had to. It knows neither schemes nor providers.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::Url;

use crate::arrived::Arrived;
use crate::spec::{Accept, Content, Params, Spec, Want};

/// Headers that any client may send.
const USUAL: [&str; 7] =
    ["host", "user-agent", "accept", "accept-encoding", "content-length", "content-type", "connection"];

/// Whether the request went where the call goes.
pub(crate) fn is_addressed(spec: &Spec, arrived: &Arrived) -> bool {
    same_place(&spec.url, &arrived.url)
}

/// Everything that is wrong with a request.
pub(crate) fn judge(spec: &Spec, arrived: &Arrived) -> Vec<String> {
    let mut complaints = Vec::new();
    if !same_place(&spec.url, &arrived.url) {
        complaints.push(format!("went to {}, not {}", bare(&arrived.url), spec.url));
    }
    if spec.method != arrived.method {
        complaints.push(format!("the method is {}, not {}", arrived.method, spec.method));
    }
    complaints.extend(params("query parameter", &spec.query, &arrived.query()));
    complaints.extend(headers(spec, arrived));
    complaints.extend(content(spec, arrived));
    if spec.certificate.is_some() && spec.certificate != arrived.certificate {
        complaints.push("the client certificate was not shown".to_owned());
    }
    complaints
}

/// Scheme, host and port are the same, and so is the path, however its characters are written.
fn same_place(left: &Url, right: &Url) -> bool {
    let path = |url: &Url| -> Vec<Vec<u8>> {
        let segments = url.path().split('/');
        segments.map(|segment| percent_decode_str(segment).collect()).collect()
    };
    left.origin() == right.origin() && path(left) == path(right)
}

fn bare(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

/// Each wanted parameter once and as wanted, and no other.
fn params(what: &str, wanted: &Params, found: &[(String, String)]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in found {
        by_name.entry(name).or_default().push(value);
    }
    for (name, want) in wanted {
        match by_name.remove(name.as_str()).as_deref() {
            None => complaints.push(format!("{what} {name} is missing{}", hint(want))),
            Some([value]) => {
                complaints.extend(want.judge(value).err().map(|why| format!("{what} {name} {why}")));
            }
            Some(_) => complaints.push(format!("{what} {name} stands there more than once")),
        }
    }
    let strange =
        by_name.into_iter().map(|(name, values)| format!("{what} {name} is unexpected: {values:?}"));
    complaints.extend(strange);
    complaints
}

fn hint(want: &Want) -> String {
    match want {
        Want::Is(wanted) => format!(" (wanted «{wanted}»)"),
        Want::Check(_) => String::new(),
    }
}

fn headers(spec: &Spec, arrived: &Arrived) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, want) in &spec.headers {
        match arrived.header(name) {
            None => complaints.push(format!("header {name} is missing or repeated{}", hint(want))),
            Some(value) => {
                complaints.extend(want.judge(value).err().map(|why| format!("header {name} {why}")));
            }
        }
    }
    let is_wanted = |name: &str| spec.headers.iter().any(|(wanted, _)| wanted == name);
    for name in arrived.headers.keys().map(http::HeaderName::as_str) {
        if !is_wanted(name) && !USUAL.contains(&name) && !name.starts_with("x-browser-") {
            let value = arrived.header(name).unwrap_or_default();
            complaints.push(format!("header {name} is unexpected: {value}"));
        }
    }
    if arrived.header("user-agent").is_none_or(str::is_empty) {
        complaints.push("header user-agent is missing".to_owned());
    }
    let asks_for_json = arrived.header("accept").is_some_and(|accept| accept.contains("application/json"));
    if spec.accept == Accept::Json && !is_wanted("accept") && !asks_for_json {
        complaints.push("header accept does not ask for JSON".to_owned());
    }
    complaints
}

fn content(spec: &Spec, arrived: &Arrived) -> Vec<String> {
    let media = arrived.header("content-type").unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // A media type that the definition sets itself was judged among the headers.
    let is_set = spec.headers.iter().any(|(name, _)| name == "content-type");
    let wrong_media = |is: &str| {
        (essence != is && !is_set).then(|| format!("the content type is «{media}», not {is}")).into_iter()
    };
    let text = arrived.text();
    match &spec.content {
        Content::Empty if arrived.body.is_empty() => Vec::new(),
        Content::Empty => vec![format!("there is a body: {text}")],
        Content::Form(wanted) => {
            let found: Vec<(String, String)> = form_urlencoded::parse(&arrived.body).into_owned().collect();
            let complaints = params("parameter", wanted, &found).into_iter();
            complaints.chain(wrong_media("application/x-www-form-urlencoded")).collect()
        }
        Content::Fields(wanted) => {
            let complaints = fields(wanted, text).into_iter();
            complaints.chain(wrong_media("application/json")).collect()
        }
        Content::Json(wanted) => {
            let found: Option<Value> = serde_json::from_str(text).ok();
            let same = found.as_ref() == Some(wanted);
            let complaint = (!same).then(|| format!("the body is {text}, not {wanted}"));
            complaint.into_iter().chain(wrong_media("application/json")).collect()
        }
        Content::Text(media, wanted) => {
            let complaint = (text != wanted).then(|| format!("the body is {text}, not {wanted}"));
            complaint.into_iter().chain(wrong_media(media)).collect()
        }
        Content::Check(check) => check(text).err().into_iter().collect(),
    }
}

fn fields(wanted: &Params, text: &str) -> Vec<String> {
    let Ok(Value::Object(found)) = serde_json::from_str(text) else {
        return vec![format!("the body is no JSON object: {text}")];
    };
    let is_text = |(name, value): (&String, &Value)| {
        (!value.is_string()).then(|| format!("parameter {name} is no text: {value}"))
    };
    let complaints: Vec<String> = found.iter().filter_map(is_text).collect();
    if !complaints.is_empty() {
        return complaints;
    }
    let pairs: Vec<(String, String)> =
        found.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    params("parameter", wanted, &pairs)
}
