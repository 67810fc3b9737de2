//! Filling URLs, the boundary between what people type and where requests go.
//!
//! A value may choose a tenant, never a server that the template did not mean. Each value is encoded for the part of
//! the URL it stands in, values in the host must be plain labels, and the finished text is parsed again by the rules
//! the HTTP client uses and compared with what the template promised. Which addresses may be reached is not decided
//! here; that is the guarded client's work.

use url::Url;
use url::form_urlencoded::byte_serialize;

use super::{Part, Placeholder, Template, Unfilled, Values};

/// Why a template did not become a URL. No variant carries a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// A value is missing.
    #[error(transparent)]
    Unfilled(#[from] Unfilled),
    /// The value is not a plain host name.
    #[error("the value of {placeholder} is not a plain host name")]
    NotAHost {
        /// The placeholder as it is written.
        placeholder: String,
    },
    /// The value is not an address to build on.
    #[error("the value of {placeholder} is not an absolute http or https URL without user name and fragment")]
    NotABase {
        /// The placeholder as it is written.
        placeholder: String,
    },
    /// A value would climb up the path.
    #[error("a value makes the path leave its place")]
    Climbs,
    /// The filled text is not a URL, or not the one the template promised.
    #[error("the filled template is not a URL of the promised scheme and host")]
    NotPromised,
    /// The template itself is not the template of a URL.
    #[error("not the template of a URL: {why}")]
    Shape {
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Template {
    /// Fills the template as an absolute URL.
    ///
    /// Values in the host must be plain host labels; if the placeholder is the whole host, a port may follow. Values
    /// in the path are percent-encoded as a segment, in the query as a form component. A template that begins with a
    /// placeholder takes an absolute http or https URL there. The result has no user name, the scheme of the template
    /// and a host that ends with the literal text after the template's last host placeholder.
    pub fn fill_url(&self, values: &dyn Values) -> Result<Url, UrlError> {
        match self.parts.split_first() {
            Some((Part::Placeholder(base), rest)) => on_base(base, rest, values),
            Some((Part::Literal(_), _)) => whole(&self.parts, values),
            None => Err(UrlError::Shape { why: "it is empty" }),
        }
    }

    /// Fills the template as a URL below `base` when it begins with a slash, else as an absolute URL.
    pub fn fill_url_below(&self, base: &Url, values: &dyn Values) -> Result<Url, UrlError> {
        if !self.is_below_base() {
            return self.fill_url(values);
        }
        append(base, &self.parts, values)
    }

    /// Whether the template is a path that needs a base.
    pub fn is_below_base(&self) -> bool {
        matches!(self.parts.first(), Some(Part::Literal(text)) if text.starts_with('/'))
    }

    /// The literal end of the host after its last placeholder; none when the host holds no placeholder.
    pub(crate) fn host_suffix(&self) -> Option<String> {
        let Some(Part::Literal(start)) = self.parts.first() else { return None };
        let (_, after) = start.split_once("://")?;
        if after.contains(PAST_HOST) {
            return None;
        }
        let mut suffix = None;
        for part in &self.parts[1..] {
            match part {
                Part::Placeholder(_) => suffix = Some(String::new()),
                Part::Literal(text) => {
                    let end = text.find(PAST_HOST).unwrap_or(text.len());
                    if let Some(suffix) = &mut suffix {
                        suffix.push_str(&text[..end]);
                    }
                    if end < text.len() {
                        break;
                    }
                }
            }
        }
        suffix
    }

    /// The placeholders that stand in the host.
    pub(crate) fn host_placeholders(&self) -> Vec<&Placeholder> {
        let mut found = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Placeholder(placeholder) => found.push(placeholder),
                Part::Literal(text) => {
                    let scheme =
                        if index == 0 { text.find("://").map_or(0, |at| at + "://".len()) } else { 0 };
                    if text[scheme..].contains(PAST_HOST) {
                        break;
                    }
                }
            }
        }
        found
    }

    /// The placeholder that the template begins with.
    pub(crate) fn base_placeholder(&self) -> Option<&Placeholder> {
        match self.parts.first() {
            Some(Part::Placeholder(placeholder)) => Some(placeholder),
            Some(Part::Literal(_)) | None => None,
        }
    }
}

/// Characters that end the host.
const PAST_HOST: [char; 4] = ['/', '?', '#', '\\'];

/// Fills a template that names its scheme.
fn whole(parts: &[Part], values: &dyn Values) -> Result<Url, UrlError> {
    let Some((Part::Literal(start), rest)) = parts.split_first() else {
        return Err(UrlError::Shape { why: "it does not begin with a scheme" });
    };
    let (scheme, after) =
        start.split_once("://").ok_or(UrlError::Shape { why: "it does not begin with a scheme" })?;
    if !matches!(scheme, "http" | "https") {
        return Err(UrlError::Shape { why: "its scheme is not http or https" });
    }
    let mut text = format!("{scheme}://");
    let mut tail = Tail::default();
    let mut host = Host::default();
    host.literal(after, &mut tail)?;
    for part in rest {
        match part {
            Part::Literal(literal) if tail.is_open() => tail.literal(literal)?,
            Part::Literal(literal) => host.literal(literal, &mut tail)?,
            Part::Placeholder(placeholder) if tail.is_open() => tail.value(placeholder, values)?,
            Part::Placeholder(placeholder) => host.placeholder(placeholder, values)?,
        }
    }
    text.push_str(&host.checked()?);
    text.push_str(&tail.checked()?);
    let url = Url::parse(&text).map_err(|_| UrlError::NotPromised)?;
    let host_kept = url.host_str().is_some_and(|found| host.is(found));
    if url.scheme() != scheme || !host_kept || has_user(&url) {
        return Err(UrlError::NotPromised);
    }
    Ok(url)
}

/// Fills a template whose first placeholder is the base.
fn on_base(base: &Placeholder, rest: &[Part], values: &dyn Values) -> Result<Url, UrlError> {
    let refused = || UrlError::NotABase { placeholder: base.to_string() };
    let text = base.evaluate(values)?;
    // The parser drops tabs, line ends and outer blanks without a word and reads `\` as `/`: not what was typed.
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(refused());
    }
    let Some((scheme, after)) = text.split_once("://") else { return Err(refused()) };
    if !matches!(scheme, "http" | "https") || after.is_empty() || after.starts_with(PAST_HOST) {
        return Err(refused());
    }
    let url = Url::parse(&text).map_err(|_| refused())?;
    if has_user(&url)
        || after.split(PAST_HOST).next().is_some_and(|host| host.contains('@'))
        || text.contains('#')
    {
        return Err(refused());
    }
    if rest.is_empty() {
        return Ok(url);
    }
    if url.query().is_some() {
        return Err(refused());
    }
    append(&url, rest, values)
}

/// Puts a path and query behind a base, whose scheme, host and port stay.
fn append(base: &Url, parts: &[Part], values: &dyn Values) -> Result<Url, UrlError> {
    let mut tail = Tail::default();
    for part in parts {
        match part {
            Part::Literal(literal) => tail.literal(literal)?,
            Part::Placeholder(placeholder) => tail.value(placeholder, values)?,
        }
    }
    let tail = tail.checked()?;
    let mut text = base.as_str().to_owned();
    if tail.starts_with('/') {
        text.truncate(text.trim_end_matches('/').len());
    }
    text.push_str(&tail);
    let url = Url::parse(&text).map_err(|_| UrlError::NotPromised)?;
    if url.origin() != base.origin() || has_user(&url) {
        return Err(UrlError::NotPromised);
    }
    Ok(url)
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The host as it is put together.
#[derive(Default)]
struct Host {
    text: String,
    /// Placeholders that went into it, as written.
    varied: Vec<String>,
    /// Whether literal text stands in it, so that values are only a part of it.
    has_literal: bool,
}

impl Host {
    /// Takes literal text; what lies behind the end of the host goes to the tail.
    fn literal(&mut self, text: &str, tail: &mut Tail) -> Result<(), UrlError> {
        let end = text.find(PAST_HOST).unwrap_or(text.len());
        if text[..end].contains('@') {
            return Err(UrlError::Shape { why: "it has a user name" });
        }
        // The parser drops tabs and line ends, and control characters at the end of a URL.
        if text[..end].contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(UrlError::Shape { why: "its host holds blanks or control characters" });
        }
        self.text.push_str(&text[..end]);
        self.has_literal |= end > 0;
        if end < text.len() { tail.literal(&text[end..]) } else { Ok(()) }
    }

    fn placeholder(&mut self, placeholder: &Placeholder, values: &dyn Values) -> Result<(), UrlError> {
        if self.text.contains(':') {
            return Err(UrlError::Shape { why: "a placeholder stands in the port" });
        }
        let value = placeholder.evaluate(values)?;
        let (name, port) =
            value.split_once(':').map_or((value.as_str(), None), |(name, port)| (name, Some(port)));
        let port_is_plain =
            port.is_none_or(|port| !self.has_literal && port.parse::<u16>().is_ok_and(|n| n > 0));
        if !name.split('.').all(is_label) || !port_is_plain {
            return Err(UrlError::NotAHost { placeholder: placeholder.to_string() });
        }
        self.text.push_str(&value);
        self.varied.push(placeholder.to_string());
        Ok(())
    }

    /// The finished text. A value may bring a port only when it is the whole host.
    fn checked(&self) -> Result<String, UrlError> {
        if self.text.is_empty() {
            return Err(UrlError::Shape { why: "it has no host" });
        }
        let (_, port) = self.text.split_once(':').unwrap_or((&self.text, ""));
        if !self.varied.is_empty() && !port.chars().all(|c| c.is_ascii_digit()) {
            return Err(UrlError::NotAHost { placeholder: self.varied.join(", ") });
        }
        Ok(self.text.clone())
    }

    /// Whether the parsed host is this one and not another reading of it, such as a number read as an address.
    fn is(&self, found: &str) -> bool {
        let end = self.text.rfind(']').unwrap_or_default();
        let port = self.text[end..].find(':').map_or(self.text.len(), |at| end + at);
        self.text[..port].eq_ignore_ascii_case(found)
    }
}

/// Letters, digits and inner hyphens (RFC 1123 §2.1).
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Path and query as they are put together.
#[derive(Default)]
struct Tail {
    text: String,
    in_query: bool,
}

impl Tail {
    fn is_open(&self) -> bool {
        !self.text.is_empty()
    }

    fn literal(&mut self, text: &str) -> Result<(), UrlError> {
        if text.contains(['#', '\\']) {
            return Err(UrlError::Shape { why: "it has a fragment or a backslash" });
        }
        if !self.is_open() && !text.starts_with(['/', '?']) {
            return Err(UrlError::Shape { why: "text behind the base does not begin with a slash" });
        }
        self.in_query |= text.contains('?');
        self.text.push_str(text);
        Ok(())
    }

    fn value(&mut self, placeholder: &Placeholder, values: &dyn Values) -> Result<(), UrlError> {
        if !self.is_open() {
            return Err(UrlError::Shape { why: "two placeholders stand side by side at its beginning" });
        }
        let value = placeholder.evaluate(values)?;
        if self.in_query {
            self.text.extend(byte_serialize(value.as_bytes()));
        } else {
            encode_segment(&value, &mut self.text);
        }
        Ok(())
    }

    /// Dot segments would be resolved away by the parser, so a value of `..` would climb.
    fn checked(self) -> Result<String, UrlError> {
        let path = self.text.split('?').next().unwrap_or_default();
        let climbs =
            |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
        if path.split('/').any(climbs) { Err(UrlError::Climbs) } else { Ok(self.text) }
    }
}

/// Percent-encodes all but the unreserved characters (RFC 3986 §2.3).
fn encode_segment(value: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(HEX[usize::from(byte >> 4)]));
            into.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}
