//! Parameters of a call to an authorization server, and the request they become.

use std::collections::BTreeMap;

use catalog::provider::{BodyFormat, Texts};
use form_urlencoded::Serializer as Form;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serializer as _;
use url::Url;
use vault::Secret;

use crate::fields::Filling;
use crate::message::{Request, RequestError};

/// Names and values in the order they are sent; a name stands once (RFC 6749 §3.2).
#[derive(Default)]
pub(crate) struct Parameters(Vec<(String, Secret<String>)>);

impl Parameters {
    /// Sets a parameter, in place when the name is there already.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Secret<String>>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// The parameters with these names, as they stand.
    pub(crate) fn only(&self, names: &[String]) -> Self {
        Self(self.0.iter().filter(|(known, _)| names.contains(known)).cloned().collect())
    }

    /// Gives parameters the vendor's names.
    pub(crate) fn rename(&mut self, names: &BTreeMap<String, String>) {
        for (known, _) in &mut self.0 {
            if let Some(own) = names.get(known) {
                known.clone_from(own);
            }
        }
    }

    /// Takes a parameter out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Secret<String>> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(index).1)
    }

    /// Sets what the definition adds. An entry whose placeholders have no value is left out.
    pub(crate) fn fill(&mut self, templates: &Texts, filling: &Filling<'_>) {
        for (name, template) in templates {
            if let Ok(value) = template.fill(filling) {
                self.set(name, value);
            }
        }
    }

    /// Sets the parameters in a query; one that the URL has already is replaced.
    pub(crate) fn write_query(&self, url: &mut Url) {
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| self.0.iter().all(|(ours, _)| ours != name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.set_query(None);
        if kept.is_empty() && self.0.is_empty() {
            return;
        }
        let ours = self.0.iter().map(|(name, value)| (name, value.expose()));
        url.query_pairs_mut().extend_pairs(kept).extend_pairs(ours);
    }

    /// The request that carries these parameters.
    pub(crate) fn request(
        self,
        method: Method,
        mut url: Url,
        format: BodyFormat,
        mut headers: HeaderMap,
    ) -> Request {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let body = match format {
            BodyFormat::Form => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
                self.form()
            }
            BodyFormat::Json => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                self.json()
            }
            BodyFormat::Query => {
                self.write_query(&mut url);
                Vec::new()
            }
        };
        Request::new(method, url, headers, body)
    }

    fn form(&self) -> Vec<u8> {
        let mut form = Form::new(String::with_capacity(self.room()));
        form.extend_pairs(self.0.iter().map(|(name, value)| (name, value.expose())));
        form.finish().into_bytes()
    }

    fn json(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.room());
        serde_json::Serializer::new(&mut text)
            .collect_map(self.0.iter().map(|(name, value)| (name, value.expose())))
            .expect("texts can always be written as JSON, and a vector takes every byte");
        text
    }

    /// Enough room for every character in its longest escape, so that no half-written copy is left in memory.
    fn room(&self) -> usize {
        self.0.iter().map(|(name, value)| 6 * (name.len() + value.expose().len()) + 8).sum()
    }
}

/// Headers that the definition adds. An entry whose placeholders have no value is left out.
pub(crate) fn fill_headers(
    headers: &mut HeaderMap,
    templates: &Texts,
    filling: &Filling<'_>,
) -> Result<(), RequestError> {
    for (name, template) in templates {
        if let Ok(value) = template.fill(filling) {
            let bad = || RequestError::HeaderValue { field: format!("the header {name}") };
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
            let mut value = header_value(&value).ok_or_else(bad)?;
            value.set_sensitive(!template.is_literal());
            headers.insert(key, value);
        }
    }
    Ok(())
}

/// A text as a header value, if it can be one. Control characters would end the header and begin another.
pub(crate) fn header_value(text: &str) -> Option<HeaderValue> {
    if text.chars().any(char::is_control) {
        return None;
    }
    HeaderValue::from_bytes(text.as_bytes()).ok()
}

/// A value of the `authorization` header, marked sensitive; `field` names what it is made of.
pub(crate) fn authorization(text: &str, field: &str) -> Result<HeaderValue, RequestError> {
    let mut value =
        header_value(text).ok_or_else(|| RequestError::HeaderValue { field: field.to_owned() })?;
    value.set_sensitive(true);
    Ok(value)
}
