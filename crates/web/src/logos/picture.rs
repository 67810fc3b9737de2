//! What kind of picture some bytes are.

use bytes::Bytes;

/// A picture to serve.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) kind: Kind,
    pub(crate) bytes: Bytes,
}

/// The kinds of pictures that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Svg,
    Png,
    Webp,
}

impl Kind {
    /// The kind by content (PNG §5.2, RFC 9649 §2.4; SVG by its root element).
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Some(Self::Webp);
        }
        std::str::from_utf8(bytes).is_ok_and(is_svg).then_some(Self::Svg)
    }

    /// The media type to serve it with.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

/// Whether the root element is `svg`, after what XML allows before it. A document type that declares entities is refused:
/// no logo needs one, and a few of them can grow to gigabytes in the reader's memory.
fn is_svg(text: &str) -> bool {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    loop {
        let skipped = if let Some(inside) = rest.strip_prefix("<!--") {
            inside.split_once("-->").map(|(_, rest)| rest)
        } else if let Some(inside) = rest.strip_prefix("<?") {
            inside.split_once("?>").map(|(_, rest)| rest)
        } else if let Some(inside) = rest.strip_prefix("<!DOCTYPE") {
            inside.split_once('>').filter(|(inside, _)| !inside.contains('[')).map(|(_, rest)| rest)
        } else {
            let after = rest.strip_prefix("<svg");
            return after
                .is_some_and(|after| after.starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/'));
        };
        let Some(after) = skipped else { return false };
        rest = after.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_content() {
        let of = Kind::of;
        assert_eq!(of(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Some(Kind::Png));
        assert_eq!(of(b"RIFF\x10\0\0\0WEBPVP8 "), Some(Kind::Webp));
        for svg in [
            "<svg/>",
            "<svg xmlns='http://www.w3.org/2000/svg'></svg>",
            "\u{feff}  <?xml version=\"1.0\"?>\n<!-- made by hand -->\n<svg>\n</svg>",
            "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/x.dtd\"><svg></svg>",
        ] {
            assert_eq!(of(svg.as_bytes()), Some(Kind::Svg), "{svg}");
        }
    }

    #[test]
    fn other_content_is_no_picture() {
        for other in [
            "",
            "<svgx/>",
            "<html><svg/></html>",
            "<!doctype html><svg/>",
            "text <svg/>",
            "<!-- <svg/>",
            "<!DOCTYPE svg [<!ENTITY a \"aaaa\">]><svg>&a;</svg>",
            "GIF89a",
            "RIFF\x10\0\0\0WAVE",
        ] {
            assert_eq!(Kind::of(other.as_bytes()), None, "{other}");
        }
        assert_eq!(Kind::of(b"<svg>\xff</svg>"), None);
    }
}
