//! Where the templates of an entry use a placeholder.

use std::collections::BTreeMap;

use catalog::Provider;
use serde_json::Value;

use crate::template::{Piece, names, read};

/// The most demanding place a value stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In a parameter, a header, a body or a path.
    Anywhere,
    /// In a scope, which holds no blank and no separator.
    Word,
    /// In a host name.
    Host,
    /// Behind `https://`, with a path.
    HostAndPath,
    /// At the beginning of a URL.
    Base,
}

/// The uses of every placeholder of an entry.
pub(crate) struct Uses {
    places: BTreeMap<String, Place>,
    ed25519_keys: Vec<String>,
}

/// Sections that no request is made from.
const SILENT: [&str; 8] = ["inputs", "webhook", "sources", "docs", "slug", "name", "captures", "lifecycle"];

impl Uses {
    pub(crate) fn of(provider: &Provider) -> Self {
        let mut uses = Self { places: BTreeMap::new(), ed25519_keys: Vec::new() };
        let whole = serde_json::to_value(provider).expect("a definition was read from such a value");
        for (key, section) in whole.as_object().into_iter().flatten() {
            if !SILENT.contains(&key.as_str()) {
                uses.walk(key, section);
            }
        }
        uses
    }

    pub(crate) fn place(&self, placeholder: &str) -> Place {
        self.places.get(placeholder).copied().unwrap_or(Place::Anywhere)
    }

    pub(crate) fn ed25519_keys(&self) -> impl Iterator<Item = &str> {
        self.ed25519_keys.iter().map(String::as_str)
    }

    /// All placeholders of requests.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    fn walk(&mut self, key: &str, value: &Value) {
        match value {
            Value::String(text) => self.note(key, text),
            Value::Array(list) => list.iter().for_each(|element| self.walk(key, element)),
            Value::Object(table) => {
                let inner = |own: &str| if key == "scopes" { "scopes".to_owned() } else { own.to_owned() };
                table.iter().for_each(|(own, element)| self.walk(&inner(own), element));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn note(&mut self, key: &str, text: &str) {
        let pieces = read(text);
        let is_url = key.ends_with("url") || key.ends_with("urls");
        let mut before = String::new();
        for (index, piece) in pieces.iter().enumerate() {
            let in_host = before.starts_with("https://") && !before["https://".len()..].contains(['/', '?']);
            let place = match piece {
                Piece::Value(_) if is_url && index == 0 => Place::Base,
                Piece::Value(_) | Piece::Function(..) if is_url && in_host => Place::Host,
                Piece::Value(_) if key == "scopes" => Place::Word,
                Piece::Text(_) | Piece::Value(_) | Piece::Function(..) => Place::Anywhere,
            };
            match piece {
                Piece::Text(text) => before.push_str(text),
                Piece::Value(name) => {
                    before.push('x');
                    self.at(name, place);
                }
                Piece::Function(function, arguments) => {
                    before.push_str(if index == 0 && *function == "https" { "https://x" } else { "x" });
                    self.note_function(function, arguments, place);
                }
            }
        }
    }

    fn note_function(&mut self, function: &str, arguments: &[Vec<Piece>], place: Place) {
        let inner = if function == "https" { Place::HostAndPath } else { place };
        for name in arguments.iter().flat_map(|argument| names(argument)) {
            self.at(name, inner);
        }
        if function == "ed25519_base64"
            && let Some(key) = arguments.first()
        {
            self.ed25519_keys.extend(names(key).into_iter().map(str::to_owned));
        }
    }

    fn at(&mut self, name: &str, place: Place) {
        let known = self.places.entry(name.to_owned()).or_insert(place);
        *known = place.max(*known);
    }
}
