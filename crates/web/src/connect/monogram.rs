//! A mark for every provider, drawn from its name. Logos are other people's trademarks; letters on a colour are not.

use crate::connect::assets::fnv;

/// Top and bottom colours. White letters stand out from each of them by 4.5:1 or more.
const COLOURS: [(&str, &str); 12] = [
    ("#4a63d8", "#3346a8"),
    ("#6a54d0", "#4a38a0"),
    ("#8a48c4", "#642f94"),
    ("#ac3f9e", "#7e2a74"),
    ("#bb3f72", "#8a2a52"),
    ("#b8483e", "#88302a"),
    ("#a1591e", "#754012"),
    ("#7d6a14", "#5a4c0c"),
    ("#4b7a2c", "#345a1c"),
    ("#1f7d5a", "#125940"),
    ("#167a86", "#0c5862"),
    ("#2a70b4", "#1a5088"),
];
/// The longest slug that is drawn.
const LONGEST_SLUG: usize = 100;

/// Whether a text could name a provider.
pub(crate) fn is_slug(text: &str) -> bool {
    (1..=LONGEST_SLUG).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// The mark as SVG; the same slug always gives the same picture.
pub(crate) fn draw(slug: &str) -> String {
    let letters = letters(slug);
    let index = usize::try_from(fnv(slug.as_bytes()) >> 32).unwrap_or_default() % COLOURS.len();
    let (top, bottom) = COLOURS[index];
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64" role="img" aria-label="{slug}">
<defs><linearGradient id="g" x1="0" y1="0" x2="0.35" y2="1"><stop offset="0" stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/></linearGradient></defs>
<rect width="64" height="64" rx="15" fill="url(#g)"/>
<rect x="0.75" y="0.75" width="62.5" height="62.5" rx="14.25" fill="none" stroke="#fff" stroke-opacity="0.16" stroke-width="1.5"/>
<text x="32" y="41.2" text-anchor="middle" fill="#fff" font-family="-apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', 'Helvetica Neue', Arial, sans-serif" font-size="26" font-weight="600" letter-spacing="-0.4">{letters}</text>
</svg>
"##
    )
}

/// The first letters of two words, or the first two letters of one.
fn letters(slug: &str) -> String {
    let mut words = slug.split(['-', '_']).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    match words.next() {
        Some(second) => {
            first.chars().take(1).chain(second.chars().take(1)).collect::<String>().to_uppercase()
        }
        None => first
            .chars()
            .take(1)
            .map(|c| c.to_ascii_uppercase())
            .chain(first.chars().skip(1).take(1))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_from_the_name() {
        assert_eq!(letters("salesforce"), "Sa");
        assert_eq!(letters("google-calendar"), "GC");
        assert_eq!(letters("x"), "X");
        assert_eq!(letters("3cx-cloud"), "3C");
    }

    #[test]
    fn a_provider_always_gets_the_same_picture() {
        assert_eq!(draw("slack"), draw("slack"));
        assert_ne!(draw("slack"), draw("stripe"));
    }

    #[test]
    fn only_slugs_are_drawn() {
        assert!(is_slug("google-calendar") && is_slug("3cx"));
        for bad in
            ["", "\"><img src=x onerror=alert(1)>", "../x", "a/b", "-x", "Slack", ".", &"x".repeat(101)]
        {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
