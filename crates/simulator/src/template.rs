//! The placeholder language of catalog files, read a second time from its description in `docs/catalog.md`.
//!
//! The engine fills templates with the catalog's own code. A judge that used the same code would share its mistakes, so
//! this reader is written for itself; all it takes from there is the source text.

mod address;
mod functions;

use catalog::{Alternatives, Template};

pub(crate) use address::{fill_address, fill_address_below};
pub(crate) use functions::UNIT;

/// Where values come from, by the text between the braces. Missing and empty are the same.
pub(crate) type Values<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A stretch of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// As it stands.
    Text(String),
    /// A placeholder, by the text between its braces.
    Value(String),
    /// A function and its arguments.
    Function(&'static str, Vec<Vec<Piece>>),
}

/// The pieces of a source text.
pub(crate) fn read(source: &str) -> Vec<Piece> {
    Reader { rest: source }.pieces(&[])
}

/// The filled text; nothing when a value is missing.
pub(crate) fn fill(source: &str, values: &Values<'_>) -> Option<String> {
    fill_pieces(&read(source), values)
}

/// The first alternative that can be filled.
pub(crate) fn fill_first(templates: &Alternatives, values: &Values<'_>) -> Option<String> {
    templates.iter().find_map(|template| fill(template.source(), values))
}

/// A template's text; nothing when a value is missing.
pub(crate) fn fill_template(template: &Template, values: &Values<'_>) -> Option<String> {
    fill(template.source(), values)
}

pub(crate) fn fill_pieces(pieces: &[Piece], values: &Values<'_>) -> Option<String> {
    pieces.iter().map(|piece| fill_piece(piece, values)).collect()
}

fn fill_piece(piece: &Piece, values: &Values<'_>) -> Option<String> {
    match piece {
        Piece::Text(text) => Some(text.clone()),
        // The body of a call is what it is, also when it is empty: digests and signatures are over that.
        Piece::Value(name) => values(name).filter(|value| !value.is_empty() || name == "request.body"),
        Piece::Function(name, arguments) => {
            let arguments: Vec<String> =
                arguments.iter().map(|pieces| fill_pieces(pieces, values)).collect::<Option<_>>()?;
            functions::apply(name, &arguments, values).filter(|value| !value.is_empty())
        }
    }
}

/// Every placeholder, also those inside functions.
pub(crate) fn names(pieces: &[Piece]) -> Vec<&str> {
    let inside = |piece| match piece {
        &Piece::Text(_) => Vec::new(),
        Piece::Value(name) => vec![name.as_str()],
        Piece::Function(_, arguments) => arguments.iter().flat_map(|argument| names(argument)).collect(),
    };
    pieces.iter().flat_map(inside).collect()
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Reads until one of the ends, which stays unread.
    fn pieces(&mut self, ends: &[char]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        while let Some(next) = self.rest.chars().next() {
            if let Some(rest) = self.rest.strip_prefix("{{") {
                text.push('{');
                self.rest = rest;
            } else if next == '{' {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                self.rest = &self.rest[1..];
                pieces.push(self.placeholder());
            } else if ends.contains(&next) {
                break;
            } else if let Some(rest) = self.rest.strip_prefix("}}") {
                text.push('}');
                self.rest = rest;
            } else {
                text.push(next);
                self.rest = &self.rest[next.len_utf8()..];
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        pieces
    }

    /// Reads what stands behind an opening brace, and the closing one.
    fn placeholder(&mut self) -> Piece {
        let named = |(name, _): &&(&'static str, usize)| {
            self.rest.strip_prefix(*name).is_some_and(|rest| rest.starts_with(':'))
        };
        if let Some(&(name, count)) = functions::ALL.iter().find(named) {
            self.rest = &self.rest[name.len() + 1..];
            return Piece::Function(name, self.arguments(count));
        }
        let end = self.rest.find('}').unwrap_or(self.rest.len());
        let name = self.rest[..end].to_owned();
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        Piece::Value(name)
    }

    fn arguments(&mut self, most: usize) -> Vec<Vec<Piece>> {
        let mut arguments = Vec::new();
        loop {
            let is_last = arguments.len() + 1 == most;
            arguments.push(self.pieces(if is_last { &['}'] } else { &['|', '}'] }));
            let end = self.rest.chars().next();
            self.rest = self.rest.get(1..).unwrap_or_default();
            if end != Some('|') {
                return arguments;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(source: &str) -> Option<String> {
        fill(source, &|name| (name != "connection.absent").then(|| name.to_owned()))
    }

    #[test]
    fn placeholders_braces_and_functions_are_read_as_the_format_describes_them() {
        for (source, expected) in [
            ("a{connection.x}b", Some("aconnection.xb")),
            ("{{{app.client_id}}}", Some("{app.client_id}")),
            ("{{\"q\":\"{{ me }}\"}}", Some("{\"q\":\"{ me }\"}")),
            ("Basic {base64:{credential.api_key}:}", Some("Basic Y3JlZGVudGlhbC5hcGlfa2V5Og==")),
            ("{after:a.|{https:b.a.c}}", Some("c")),
            ("{replace:.|-|{connection.x}}", Some("connection-x")),
            ("{now:%H:%M}", Some("now:%H:%M")),
            ("x{connection.absent}", None),
        ] {
            assert_eq!(filled(source).as_deref(), expected, "{source}");
        }
    }
}
