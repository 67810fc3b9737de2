//! From text to template parts.

use super::function::{Function, FunctionName};
use super::placeholder::Placeholder;
use super::{Part, Template};

/// Everything that may stand between braces, for messages.
const ALLOWED: &str = "{connection.NAME}, {credential.NAME}, {integration.NAME}, {one_time.NAME}, \
     {app.client_id}, {app.client_secret}, {token.access}, {token.refresh}, {token.response.PATH}, \
     {token.claims.PATH}, {session.cookies}, {jwt}, {saml}, {step.N.PATH}, {answer.PATH}, {callback.NAME}, \
     {request.method}, {request.host}, {request.path}, {request.endpoint}, {request.body}, \
     {request.canonical_params}, {random.uuid}, {now}, {now:FORMAT}, {now+7d:FORMAT}, {product.name}, \
     {product.user_agent}, and the functions base64, sha256_hex, sha256_base64, hmac_sha1_hex, ed25519_base64, \
     spki_sha256, aws_sigv4, https, upper, before, after, after_last and replace, written {NAME:ARGUMENT|ARGUMENT}";

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
    parser.template(&[])
}

struct Parser<'a> {
    source: &'a str,
    /// Byte offset of what is read next.
    at: usize,
}

impl Parser<'_> {
    /// Reads up to the end of the text or, inside a function, up to one of the characters that end the argument (not
    /// consumed). In the text as a whole nothing ends it.
    fn template(&mut self, ends: &[char]) -> Result<Vec<Part>, TemplateError> {
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
                end if ends.contains(&end) => break,
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
        if let Some(name) = FunctionName::ALL.into_iter().find(|name| self.calls(name.text())) {
            self.at += name.text().len() + 1;
            let arguments = self.arguments(name)?;
            self.close(start)?;
            if arguments.len() < name.arguments().0 {
                let usage = format!("it takes {}", name.usage());
                return Err(self.error(start, &format!("`{}` lacks an argument", name.text()), &usage));
            }
            return Ok(Placeholder::Computed(Function { name, arguments }));
        }
        let name_start = self.at;
        self.at += self.rest().find(['{', '}']).unwrap_or(self.rest().len());
        let name = self.source[name_start..self.at].to_owned();
        self.close(start)?;
        Placeholder::named(&name).ok_or_else(|| {
            let allowed = format!("known are {ALLOWED}; write {{{{ for a literal brace");
            self.error(start, &format!("unknown placeholder `{{{name}}}`"), &allowed)
        })
    }

    fn calls(&self, function: &str) -> bool {
        self.rest().strip_prefix(function).is_some_and(|after| after.starts_with(':'))
    }

    /// The last argument that a function can have takes all that is left, bars included.
    fn arguments(&mut self, name: FunctionName) -> Result<Vec<Template>, TemplateError> {
        let mut arguments = Vec::new();
        loop {
            let is_last = arguments.len() + 1 == name.arguments().1;
            let start = self.at;
            let parts = self.template(if is_last { &['}'] } else { &['|', '}'] })?;
            arguments.push(Template { source: self.source[start..self.at].to_owned(), parts });
            if is_last || !self.rest().starts_with('|') {
                return Ok(arguments);
            }
            self.at += 1;
        }
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
            ("é{then}", "unknown placeholder `{then}`", 2),
            ("{hmac_sha1_hex:{connection.a}}", "`hmac_sha1_hex` lacks an argument", 1),
            ("{now+7y:%Y}", "unknown placeholder `{now+7y:%Y}`", 1),
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
