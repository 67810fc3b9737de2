//! Answers in XML, read as if they were JSON, so that one language of paths serves both.
//!
//! An element with children is an object, one with text is a text; elements of one name beside each other are a list.
//! Prefixes, attributes, comments and processing instructions are stepped over. Document types are refused, and with
//! them every entity but the five of the standard (XML 1.0 §4.6): nothing grows that was small.

use serde_json::{Map, Value};

/// Deepest nesting that is read.
const DEEPEST: usize = 64;

/// The document as an object with its root as the only key; nothing when it is no well-formed document.
pub(crate) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text.trim_start_matches('\u{feff}') };
    reader.step_over_prolog()?;
    let (name, value) = reader.element(0)?;
    let mut document = Map::new();
    document.insert(name, value);
    Some(Value::Object(document))
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn step_over_prolog(&mut self) -> Option<()> {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with("<?") {
                self.until("?>")?;
            } else if self.rest.starts_with("<!--") {
                self.until("-->")?;
            } else if self.rest.starts_with("<!") {
                return None;
            } else {
                return Some(());
            }
        }
    }

    /// What stands before a mark; the reader goes on behind it.
    fn until(&mut self, mark: &str) -> Option<&'a str> {
        let (before, behind) = self.rest.split_once(mark)?;
        self.rest = behind;
        Some(before)
    }

    fn element(&mut self, depth: usize) -> Option<(String, Value)> {
        self.rest = self.rest.strip_prefix('<')?;
        let tag = self.tag()?;
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let full = tag.split_ascii_whitespace().next()?;
        let name = full.rsplit_once(':').map_or(full, |(_, local)| local).to_owned();
        if is_empty {
            return Some((name, Value::String(String::new())));
        }
        if depth == DEEPEST {
            return None;
        }
        let value = self.content(full, depth)?;
        Some((name, value))
    }

    /// The inside of a tag. A `>` in a quoted attribute does not end it.
    fn tag(&mut self) -> Option<&'a str> {
        let mut quote = None;
        let end = self.rest.char_indices().find_map(|(at, sign)| {
            match (quote, sign) {
                (None, '>') => return Some(at),
                (None, '"' | '\'') => quote = Some(sign),
                (Some(open), sign) if open == sign => quote = None,
                _ => {}
            }
            None
        })?;
        let tag = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Some(tag)
    }

    fn content(&mut self, name: &str, depth: usize) -> Option<Value> {
        let mut text = String::new();
        let mut children = Map::new();
        loop {
            let at = self.rest.find('<')?;
            text.push_str(&unescaped(&self.rest[..at])?);
            self.rest = &self.rest[at..];
            if let Some(behind) = self.rest.strip_prefix("</") {
                self.rest = behind;
                let closed = self.until(">")?;
                return (closed.trim_end() == name).then(|| value(&text, children));
            } else if let Some(behind) = self.rest.strip_prefix("<![CDATA[") {
                self.rest = behind;
                text.push_str(self.until("]]>")?);
            } else if self.rest.starts_with("<!--") {
                self.until("-->")?;
            } else if self.rest.starts_with("<?") {
                self.until("?>")?;
            } else {
                let (name, child) = self.element(depth + 1)?;
                add(&mut children, name, child);
            }
        }
    }
}

fn value(text: &str, children: Map<String, Value>) -> Value {
    if children.is_empty() { Value::String(text.trim().to_owned()) } else { Value::Object(children) }
}

fn add(children: &mut Map<String, Value>, name: String, child: Value) {
    match children.get_mut(&name) {
        None => {
            children.insert(name, child);
        }
        Some(Value::Array(list)) => list.push(child),
        Some(first) => *first = Value::Array(vec![first.take(), child]),
    }
}

/// Text with its references replaced; nothing when one is unknown.
fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        let (name, after) = behind.split_once(';')?;
        plain.push_str(before);
        plain.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = name.strip_prefix('#')?;
                let number = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(number)?
            }
        });
        rest = after;
    }
    plain.push_str(rest);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_reads_as_an_object() {
        let text = "<?xml version=\"1.0\"?>\n<!-- c --><r:a xmlns:r='x>y'><b>1 &lt; &#x32;</b><c/><c>x<![CDATA[<&>]]></c>\
                    <d> <e k=\"v\">t</e> </d></r:a>";
        assert_eq!(read(text), Some(json!({"a": {"b": "1 < 2", "c": ["", "x<&>"], "d": {"e": "t"}}})));
    }

    #[test]
    fn what_is_not_well_formed_or_could_grow_is_refused() {
        let deep = "<a>".repeat(100);
        let hostile = [
            "",
            "text",
            "<a>",
            "<a></b>",
            "<a>&unknown;</a>",
            "<a>&#xFFFFFFFF;</a>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<a><!DOCTYPE b></a>",
            "<a b='>",
            deep.as_str(),
        ];
        for text in hostile {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
