//! Values that are about to be sealed, written as JSON.

use std::io;

use serde::Serialize;
use vault::Secret;

/// The JSON text of a value. It is written twice, the first time only to be counted: a vector that grows would leave
/// copies of its beginning in memory, where nobody wipes them.
pub(crate) fn write(value: &impl Serialize) -> Secret<Vec<u8>> {
    let mut length = Length(0);
    let counted = serde_json::to_writer(&mut length, value);
    let mut text = Vec::with_capacity(length.0);
    counted
        .and_then(|()| serde_json::to_writer(&mut text, value))
        .expect("what is sealed is made of texts, times and URLs, and neither writer fails");
    Secret::new(text)
}

struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
