//! What a provider said, without the secrets it was told: some echo the request in their error.

/// Stands where a secret stood.
const HIDDEN: &str = "[hidden]";
/// Shorter beginnings of a secret are common words as often as echoes.
const SHORTEST: usize = 6;

/// The text without the secrets, also where the text was cut inside one.
pub(crate) fn scrubbed(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
        text = text.replace(*secret, HIDDEN);
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        text = text.replace(&encoded, HIDDEN);
        if let Some(at) = cut_inside(&text, secret) {
            text.truncate(at);
            text.push_str(HIDDEN);
        }
    }
    text
}

/// Where the text ends with the beginning of a secret (an ellipsis may follow).
fn cut_inside(text: &str, secret: &str) -> Option<usize> {
    let said = text.trim_end_matches(['.', '…', ' ']);
    let longest = secret.len().min(said.len());
    (SHORTEST..=longest)
        .rev()
        .map(|length| said.len() - length)
        .find(|at| said.is_char_boundary(*at) && secret.starts_with(&said[*at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echoed_secret_is_hidden() {
        let table = [
            ("token abc+123xyz is bad", "token [hidden] is bad"),
            ("token abc%2B123xyz is bad", "token [hidden] is bad"),
            ("cut off: abc+123", "cut off: [hidden]"),
            ("cut off: abc+123…", "cut off: [hidden]"),
            ("nothing told", "nothing told"),
            ("an abc", "an abc"),
        ];
        for (said, expected) in table {
            assert_eq!(scrubbed(said, &["abc+123xyz"]), expected);
        }
    }

    #[test]
    fn a_short_secret_does_not_eat_the_sentence() {
        assert_eq!(scrubbed("the token is bad", &["", "to"]), "the token is bad");
    }
}
