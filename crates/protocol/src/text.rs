//! What a provider says, made fit to be shown and logged.

/// How many characters of a provider's text are kept.
const LONGEST: usize = 200;

/// A provider's own words, cut to 200 characters and without control characters and marks that change the direction
/// of writing. The result is still to be escaped for the place where it is shown.
pub fn safe_text(said: &str) -> String {
    let spaced = said.chars().map(|sign| if sign.is_whitespace() { ' ' } else { sign });
    let kept: String = spaced.filter(|sign| !sign.is_control() && !turns_text(*sign)).take(LONGEST).collect();
    kept.trim().to_owned()
}

/// Marks of the Unicode bidirectional algorithm (UAX #9 §2), which can make a text read as something else.
const fn turns_text(sign: char) -> bool {
    matches!(sign, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_hide_or_turn_text_are_removed() {
        assert_eq!(safe_text("a\u{1b}[31mb\u{202e}c\u{2066}d\0"), "a[31mbcd");
    }

    #[test]
    fn line_breaks_become_spaces() {
        assert_eq!(safe_text(" first\r\nsecond\u{2028}third\t"), "first  second third");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(safe_text(&"ä".repeat(5000)), "ä".repeat(200));
    }
}
