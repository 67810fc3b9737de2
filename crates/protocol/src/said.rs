//! What an answer says went wrong, whatever it is written in.

use serde_json::Value;

use crate::json_path::text_at;
use crate::text::safe_text;
use crate::xml;

/// Where JSON answers say it: OAuth, REST and GraphQL.
const IN_JSON: &[&str] =
    &["error_description", "error.message", "message", "detail", "error", "errors.0.message"];

/// Where XML answers say it: SOAP 1.1 §4.4, SOAP 1.2 §5.4, AWS and plain ones.
const IN_XML: &[&str] = &[
    "Envelope.Body.Fault.faultstring",
    "Envelope.Body.Fault.Reason.Text",
    "ErrorResponse.Error.Message",
    "Error.Message",
    "error.message",
    "error",
    "message",
];

/// The provider's own words, fit to be shown.
pub(crate) fn said(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let (answer, paths): (Value, _) = match serde_json::from_str(&text) {
        Ok(answer) => (answer, IN_JSON),
        Err(_) => (xml::read(&text)?, IN_XML),
    };
    let said = paths.iter().find_map(|path| text_at(&answer, path))?;
    Some(safe_text(&said)).filter(|said| !said.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_found_in_every_usual_form() {
        let table = [
            (r#"{"error":"bad","error_description":"expired"}"#, Some("expired")),
            (r#"{"errors":[{"message":"no such field"}]}"#, Some("no such field")),
            (
                "<s:Envelope xmlns:s=\"x\"><s:Body><s:Fault><faultcode>105</faultcode>\
                 <faultstring>Login failed</faultstring></s:Fault></s:Body></s:Envelope>",
                Some("Login failed"),
            ),
            (
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not yours</Message></Error></ErrorResponse>",
                Some("not yours"),
            ),
            ("<html><body>Sign in</body></html>", None),
            ("", None),
        ];
        for (body, expected) in table {
            assert_eq!(said(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
