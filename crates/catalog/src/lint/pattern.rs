//! Patterns of inputs, read the way the engine that runs them reads them: in linear time, without look-around.

use regex_syntax::ast::ErrorKind;
use regex_syntax::hir::literal::{ExtractKind, Extractor, Literal};
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use regex_syntax::{Error, Parser};

use regex::{Regex, RegexBuilder};

/// Upper limit of a compiled pattern in bytes; the largest honest one needs a tenth.
const LIMIT: usize = 1 << 20;

/// A pattern that can be run.
pub(super) struct Pattern {
    text: String,
    tree: Hir,
    regex: Regex,
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let tree = Parser::new().parse(text).map_err(|error| refusal(&error))?;
        let regex = RegexBuilder::new(text)
            .size_limit(LIMIT)
            .build()
            .map_err(|_| format!("the pattern does not compile: it takes more than {LIMIT} bytes"))?;
        Ok(Self { text: text.to_owned(), tree, regex })
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }

    /// Whether it speaks of the whole value: each alternative is anchored at both ends.
    pub(super) fn is_anchored(&self) -> bool {
        let properties = self.tree.properties();
        properties.look_set_prefix().contains(Look::Start) && properties.look_set_suffix().contains(Look::End)
    }

    /// Whether the pattern lists its values, or every value is a host in a domain it names, or a URL of such a host. A
    /// domain has at least two labels.
    pub(super) fn names_its_hosts(&self) -> bool {
        let Some(url) = self.text.strip_prefix("^https://") else { return ends_in_domains(&self.tree) };
        // The host alone: what stands before the path. One that cannot be cut there is none.
        let host = url.split('/').next().unwrap_or_default().trim_end_matches(['\\', '$']);
        Parser::new().parse(&format!("^(?:{host})$")).is_ok_and(|tree| ends_in_domains(&tree))
    }
}

fn ends_in_domains(tree: &Hir) -> bool {
    let mut extractor = Extractor::new();
    let ends = extractor.kind(ExtractKind::Suffix).extract(tree);
    // What stands before the first dot of an end may be the end of any name.
    let is_domain = |text: &str| text.split_once('.').is_some_and(|(_, domain)| domain.contains('.'));
    let is_known = |end: &Literal| end.is_exact() || std::str::from_utf8(end.as_bytes()).is_ok_and(is_domain);
    !holds_delimiter(tree)
        && ends.literals().is_some_and(|ends| !ends.is_empty() && ends.iter().all(is_known))
}

/// Whether a value can hold a sign that ends the host of a URL or stands before it.
fn holds_delimiter(tree: &Hir) -> bool {
    let signs = ['/', '?', '#', '@', '\\'];
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => {
            signs.iter().any(|sign| literal.0.contains(&(u8::try_from(*sign).unwrap_or_default())))
        }
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().any(|range| signs.iter().any(|sign| (range.start()..=range.end()).contains(sign)))
        }
        HirKind::Class(Class::Bytes(_)) => true,
        HirKind::Repetition(repetition) => holds_delimiter(&repetition.sub),
        HirKind::Capture(capture) => holds_delimiter(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(holds_delimiter),
    }
}

fn refusal(error: &Error) -> String {
    let (kind, column) = match error {
        Error::Parse(error) if *error.kind() == ErrorKind::UnsupportedLookAround => {
            return "look-around is not allowed: patterns run in linear time".to_owned();
        }
        Error::Parse(error) => (error.kind().to_string(), error.span().start.column),
        Error::Translate(error) => (error.kind().to_string(), error.span().start.column),
        other => (other.to_string(), 1),
    };
    format!("the pattern does not compile: {kind} at column {column}")
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn read(text: &str) -> Pattern {
        Pattern::read(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn an_anchored_pattern_speaks_of_the_whole_value() {
        for (pattern, expected) in [
            ("^[a-z]+$", true),
            ("^(?:a|b)$", true),
            ("^[a|b]$", true),
            ("^a\\|b$", true),
            ("(?:^a$)|^b$", true),
            ("[a-z]+$", false),
            ("^[a-z]+", false),
            ("^a|b$", false),
            ("^a\\$", false),
            ("(?m)^a$", false),
            ("^(?m:a$|^b)$", true),
            ("^(?:a$)?", false),
        ] {
            assert_eq!(read(pattern).is_anchored(), expected, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_names_its_hosts_ends_in_a_domain() {
        for (pattern, expected) in [
            (r"^api\.example\.com$", true),
            (r"^(?:api|test)\.example\.com$", true),
            (r"^[a-z-]+\.example\.com$", true),
            (r"^[a-z-]+\.(?:example\.com|example\.co\.uk)$", true),
            (r"^https://login\.example\.(?:com|eu)$", true),
            (r"^https://[a-z]+\.example\.com$", true),
            (r"^https://[a-z]+\.example\.com/.*$", true),
            (r"^(?:com|co\.uk)$", true),
            (r"^https://.*\.example\.com$", false),
            (r"^https://[a-z]+\.example\.com[/?].*$", false),
            (r"^https://[a-z]+\.com/example\.com$", false),
            (r"^https://.*/example\.com$", false),
            (r"^[a-z.]+example\.com$", false),
            (r"^[a-z]+\.com$", false),
            (r"^[a-z-]+\.example\.[a-z.]+$", false),
            (r"^[a-z0-9.-]+$", false),
            (r"^[a-z-]+(?:\.example\.com)?$", false),
            (r"^[a-z-]+(?:\.example\.com|)$", false),
        ] {
            assert_eq!(read(pattern).names_its_hosts(), expected, "{pattern}");
        }
    }

    #[test]
    fn what_does_not_compile_says_where() {
        for (pattern, expected) in [
            ("^(?=a)$", "look-around is not allowed: patterns run in linear time"),
            ("^a\\b\\1$", "the pattern does not compile: backreferences are not supported at column 5"),
            ("^[a-z$", "the pattern does not compile: unclosed character class at column 2"),
            ("^a{999999}$", "the pattern does not compile: it takes more than 1048576 bytes"),
        ] {
            assert_eq!(Pattern::read(pattern).err().as_deref(), Some(expected), "{pattern}");
        }
    }

    #[test]
    fn a_question_about_an_equals_sign_is_no_look_around() {
        assert!(read(r"^a\(?=b$").is_anchored());
    }
}
