//! From text to template parts.

use super::{Part, Placeholder, Template};

/// Everything that may stand between braces, for messages.
const ALLOWED: &str = "{connection.NAME}, {credential.NAME}, {integration.NAME}, {app.client_id}, \
     {app.client_secret}, {token.access}, {token.refresh}, {token.response.PATH}, {base64:TEMPLATE}";

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at column {column}; {allowed}")]
pub struct TemplateError {
    /// What is wrong.
    pub what: String,
    /// Where it begins, counted in characters from 1.
    pub column: usize,
    /// What could stand there.
    pub allowed: String,
}

/// Reads a whole template.
pub(super) fn parts(source: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parser = Parser { source, at: 0 };
    parser.template(false)
}

struct Parser<'a> {
    source: &'a str,
    /// Byte offset of what is read next.
    at: usize,
}

impl Parser<'_> {
    /// Reads up to the end of the text or, inside a function, up to the brace that closes it (not consumed).
    fn template(&mut self, nested: bool) -> Result<Vec<Part>, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        while let Some(next) = self.rest().chars().next() {
            match next {
                '{' if self.rest().starts_with("{{") => {
                    literal.push('{');
                    self.at += 2;
                }
                '{' => {
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Placeholder(self.placeholder()?));
                }
                '}' if nested => break,
                '}' if self.rest().starts_with("}}") => {
                    literal.push('}');
                    self.at += 2;
                }
                '}' => {
                    return Err(self.error(self.at, "single closing brace", "write }} for a literal brace"));
                }
                other => {
                    literal.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(parts)
    }

    /// Reads one placeholder, both braces included.
    fn placeholder(&mut self) -> Result<Placeholder, TemplateError> {
        let start = self.at;
        self.at += 1;
        if self.rest().starts_with("base64:") {
            self.at += "base64:".len();
            let inner_start = self.at;
            let parts = self.template(true)?;
            let source = self.source[inner_start..self.at].to_owned();
            self.close(start)?;
            return Ok(Placeholder::Base64(Template { source, parts }));
        }
        let name_start = self.at;
        self.at += self.rest().find(['{', '}']).unwrap_or(self.rest().len());
        let name = self.source[name_start..self.at].to_owned();
        self.close(start)?;
        named(&name).ok_or_else(|| {
            let allowed = format!("known are {ALLOWED}; write {{{{ for a literal brace");
            self.error(start, &format!("unknown placeholder `{{{name}}}`"), &allowed)
        })
    }

    fn close(&mut self, start: usize) -> Result<(), TemplateError> {
        if !self.rest().starts_with('}') {
            return Err(self.error(start, "placeholder without end", "write {{ for a literal brace"));
        }
        self.at += 1;
        Ok(())
    }

    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn error(&self, at: usize, what: &str, allowed: &str) -> TemplateError {
        let column = self.source[..at].chars().count() + 1;
        TemplateError { what: what.to_owned(), column, allowed: allowed.to_owned() }
    }
}

fn named(text: &str) -> Option<Placeholder> {
    let (kind, name) = text.split_once('.')?;
    match (kind, name) {
        ("app", "client_id") => Some(Placeholder::AppClientId),
        ("app", "client_secret") => Some(Placeholder::AppClientSecret),
        ("token", "access") => Some(Placeholder::TokenAccess),
        ("token", "refresh") => Some(Placeholder::TokenRefresh),
        ("token", path) => path
            .strip_prefix("response.")
            .filter(|path| is_path(path))
            .map(|path| Placeholder::TokenResponse(path.to_owned())),
        ("connection", name) if is_name(name) => Some(Placeholder::Connection(name.to_owned())),
        ("credential", name) if is_name(name) => Some(Placeholder::Credential(name.to_owned())),
        ("integration", name) if is_name(name) => Some(Placeholder::Integration(name.to_owned())),
        _ => None,
    }
}

/// Our own names: snake case.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Dotted path into a JSON answer, in the vendor's spelling.
pub(crate) fn is_path(text: &str) -> bool {
    text.split('.').all(|step| {
        !step.is_empty() && step.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_named_with_its_column() {
        for (source, what, column) in [
            ("ab{conection.x}", "unknown placeholder `{conection.x}`", 3),
            ("é{now}", "unknown placeholder `{now}`", 2),
            ("{connection.Upper}", "unknown placeholder `{connection.Upper}`", 1),
            ("{token.response.}", "unknown placeholder `{token.response.}`", 1),
            ("x{connection.a", "placeholder without end", 2),
            ("x{a{b}", "placeholder without end", 2),
            ("a}b", "single closing brace", 2),
            ("{base64:{credential.a}", "placeholder without end", 1),
            ("{}", "unknown placeholder `{}`", 1),
        ] {
            let error = Template::parse(source).expect_err(source);
            assert_eq!((error.what.as_str(), error.column), (what, column), "{source}");
        }
    }

    #[test]
    fn an_unknown_placeholder_is_told_what_exists() {
        let error = Template::parse("{nope.x}").expect_err("nope is not a group");
        assert!(error.to_string().contains("{token.response.PATH}"), "{error}");
    }
}
