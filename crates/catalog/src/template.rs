//! The placeholder language of catalog files.
//!
//! A template is text with placeholders such as `{connection.subdomain}`; literal braces are doubled. It is parsed
//! once, when the file is read, so that a misspelt placeholder is found then and not on the day it is needed.
//! Values come from whoever holds them, through [`Values`]. Nothing here knows where they come from or logs them:
//! no error carries a value.

mod alternatives;
mod function;
mod parse;
mod placeholder;
mod tree;
mod url;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use self::alternatives::Alternatives;
pub use self::function::{Function, FunctionName};
pub use self::parse::TemplateError;
pub(crate) use self::parse::{is_name, is_path};
pub use self::placeholder::{Moment, Placeholder, Product, RequestPart};
pub use self::tree::Tree;
pub use self::url::UrlError;

/// Where values come from. A missing value and an empty one are the same, but for the body and the parameters of the
/// request that is being made, which may be there and empty.
pub trait Values {
    /// The value of one placeholder. Of functions only [`FunctionName::AwsSigv4`] is asked for here, because it needs
    /// the request and the clock; the template works out all others.
    fn value(&self, placeholder: &Placeholder) -> Option<String>;
}

/// A placeholder had no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no value for {placeholder}")]
pub struct Unfilled {
    /// The placeholder as it is written.
    pub placeholder: String,
}

/// Text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

/// A stretch of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Placeholder(Placeholder),
}

impl Template {
    /// Reads a template.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let parts = parse::parts(source)?;
        Ok(Self { source: source.to_owned(), parts })
    }

    /// The template as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The placeholders that need a value, also those inside functions, in the order they are written.
    pub fn placeholders(&self) -> Vec<&Placeholder> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    /// Whether nothing has to be filled in.
    pub fn is_literal(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Literal(_)))
    }

    /// The text with every placeholder replaced by its value, as it is, without any encoding.
    pub fn fill(&self, values: &dyn Values) -> Result<String, Unfilled> {
        self.fill_with(values, |value| value)
    }

    /// The same with values escaped for the text and the quoted attributes of XML.
    pub fn fill_xml(&self, values: &dyn Values) -> Result<String, Unfilled> {
        self.fill_with(values, |value| {
            let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            value.replace('"', "&quot;").replace('\'', "&apos;")
        })
    }

    /// The text that stands outside of placeholders.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Placeholder(_) => None,
        })
    }

    fn fill_with(&self, values: &dyn Values, escape: impl Fn(String) -> String) -> Result<String, Unfilled> {
        let mut text = String::with_capacity(self.source.len());
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Placeholder(placeholder) => text.push_str(&escape(placeholder.evaluate(values)?)),
            }
        }
        Ok(text)
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Placeholder>) {
        for part in &self.parts {
            match part {
                Part::Placeholder(Placeholder::Computed(function)) => {
                    for argument in &function.arguments {
                        argument.collect(found);
                    }
                }
                Part::Placeholder(placeholder) => found.push(placeholder),
                Part::Literal(_) => {}
            }
        }
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TemplateVisitor)
    }
}

/// Accepts text, and numbers and booleans as the text they are written as.
struct TemplateVisitor;

impl de::Visitor<'_> for TemplateVisitor {
    type Value = Template;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a template")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Template, E> {
        Template::parse(value).map_err(E::custom)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Template, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Template, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Template, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Template, E> {
        self.visit_str(&value.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Echo;

    impl Values for Echo {
        fn value(&self, placeholder: &Placeholder) -> Option<String> {
            match placeholder.to_string().trim_matches(['{', '}']) {
                "connection.empty" | "request.body" | "request.canonical_params" => Some(String::new()),
                "connection.absent" => None,
                name => Some(name.to_owned()),
            }
        }
    }

    fn filled(source: &str) -> Result<String, Unfilled> {
        Template::parse(source).expect("the test template is well formed").fill(&Echo)
    }

    #[test]
    fn placeholders_are_replaced_and_doubled_braces_are_literal() {
        for (source, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("a{connection.x}b", "aconnection.xb"),
            ("{{x}}", "{x}"),
            ("{{{app.client_id}}}", "{app.client_id}"),
            ("{app.client_secret}{token.access}", "app.client_secrettoken.access"),
            ("{token.refresh}/{token.response.a.B-c_1}", "token.refresh/token.response.a.B-c_1"),
            ("Basic {base64:{credential.api_key}:}", "Basic Y3JlZGVudGlhbC5hcGlfa2V5Og=="),
            ("{base64:{base64:{integration.a}}}", "YVc1MFpXZHlZWFJwYjI0dVlRPT0="),
            ("{{\"query\":\"{{ me {{ id }} }}\"}}", "{\"query\":\"{ me { id } }\"}"),
        ] {
            assert_eq!(filled(source).as_deref(), Ok(expected), "{source}");
        }
    }

    #[test]
    fn an_absent_and_an_empty_value_are_both_unfilled() {
        for source in ["{connection.absent}", "{connection.empty}", "x{base64:{connection.empty}}"] {
            let error = filled(source).expect_err("nothing fills it");
            assert!(error.placeholder.starts_with("{connection."), "{source}");
        }
    }

    #[test]
    fn a_request_without_body_and_parameters_is_signed_all_the_same() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(filled("{sha256_hex:{request.body}}").as_deref(), Ok(empty));
        assert_eq!(filled("a\n{request.canonical_params}").as_deref(), Ok("a\n"));
    }

    #[test]
    fn placeholders_inside_functions_are_listed() {
        let template =
            Template::parse("{connection.a}{base64:{credential.b}:{token.access}}").expect("well formed");
        let names: Vec<String> = template.placeholders().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["{connection.a}", "{credential.b}", "{token.access}"]);
        assert!(!template.is_literal());
    }

    #[test]
    fn numbers_and_booleans_read_as_text() {
        let read: Vec<Template> = serde_json::from_str("[1, -2, true, 1.5]").expect("scalars are templates");
        let sources: Vec<&str> = read.iter().map(Template::source).collect();
        assert_eq!(sources, ["1", "-2", "true", "1.5"]);
    }
}
