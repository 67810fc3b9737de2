//! From a merged file to a [`Provider`], with the path of what does not fit.
//!
//! The reader of typed values names a line, not a path. So the merged value is written with one key or element a
//! line, and the line leads back to the path.

use serde_json::Value;

use super::Finding;
use crate::provider::Provider;

/// Reads a merged file.
pub(super) fn provider(merged: &Value) -> Result<Provider, Finding> {
    let mut sheet = Sheet::default();
    sheet.write("", merged);
    serde_json::from_str(&sheet.text).map_err(|error| {
        let at =
            error.line().checked_sub(1).and_then(|line| sheet.paths.get(line)).cloned().unwrap_or_default();
        let said = error.to_string();
        let message = said.rsplit_once(" at line ").map_or(said.as_str(), |(message, _)| message).to_owned();
        Finding { at, message }
    })
}

/// JSON text and the path each of its lines stands for.
#[derive(Default)]
struct Sheet {
    text: String,
    paths: Vec<String>,
}

impl Sheet {
    /// Writes a value; the line it begins on belongs to its path, and so does the line that closes it.
    fn write(&mut self, at: &str, value: &Value) {
        match value {
            Value::Object(table) => {
                self.nest(at, '{', '}', table.iter().map(|(key, value)| (key.clone(), value)), true);
            }
            Value::Array(list) => {
                let elements = list.iter().enumerate().map(|(index, value)| (index.to_string(), value));
                self.nest(at, '[', ']', elements, false);
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.text.push_str(&value.to_string());
            }
        }
    }

    fn nest<'a>(
        &mut self,
        at: &str,
        open: char,
        close: char,
        inside: impl Iterator<Item = (String, &'a Value)>,
        keyed: bool,
    ) {
        self.text.push(open);
        self.end_line(at);
        for (index, (key, value)) in inside.enumerate() {
            if index > 0 {
                // Behind the last element's closing line, so that the comma opens the next one's line.
                self.text.push(',');
            }
            let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            if keyed {
                self.text.push_str(&Value::String(key).to_string());
                self.text.push(':');
            }
            self.write(&path, value);
            self.end_line(&path);
        }
        self.text.push(close);
    }

    fn end_line(&mut self, at: &str) {
        self.text.push('\n');
        self.paths.push(at.to_owned());
    }
}
