//! Texts that match a pattern.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A text that matches, another one for each name.
pub(super) fn example(pattern: &str, name: &str) -> Option<String> {
    let tree = regex_syntax::parse(pattern).ok()?;
    let whole = regex::Regex::new(pattern).ok()?;
    let salt: usize = name.bytes().map(usize::from).sum();
    [3, 8, 1, 0].into_iter().find_map(|optional| {
        let mut writer = Writer { text: String::new(), salt, optional };
        writer.write(&tree);
        // A port would lead past the one listener there is.
        let is_port = |behind: &str| {
            let port = behind.split('/').next().unwrap_or_default();
            (1..=8).contains(&port.len()) && port.bytes().all(|sign| sign.is_ascii_digit())
        };
        let has_port = writer.text.split(':').skip(1).any(is_port);
        let is_fit = !writer.text.is_empty() && whole.is_match(&writer.text) && !has_port;
        is_fit.then_some(writer.text)
    })
}

/// Whether a text matches.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

struct Writer {
    text: String,
    salt: usize,
    /// How often a part is repeated that need not be.
    optional: u32,
}

impl Writer {
    fn write(&mut self, tree: &Hir) {
        match tree.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => self.text.push_str(&String::from_utf8_lossy(&literal.0)),
            HirKind::Class(class) => {
                let sign = self.pick(class);
                self.text.extend(sign);
            }
            HirKind::Repetition(repetition) => {
                let most = repetition.max.unwrap_or(u32::MAX);
                let count = repetition.min.max(self.optional.min(most));
                for _ in 0..count {
                    self.write(&repetition.sub);
                }
            }
            HirKind::Capture(capture) => self.write(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.write(part)),
            HirKind::Alternation(parts) => {
                if let Some(first) = parts.first() {
                    self.write(first);
                }
            }
        }
    }

    /// A letter or digit of the class if it has one, a plain sign otherwise.
    fn pick(&mut self, class: &Class) -> Option<char> {
        self.salt += 7;
        let holds = |sign: char| match class {
            Class::Unicode(class) => {
                class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&sign))
            }
            Class::Bytes(class) => {
                class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&(sign as u8)))
            }
        };
        let of =
            |signs: std::ops::RangeInclusive<char>| signs.filter(|&sign| holds(sign)).collect::<Vec<_>>();
        let known = [of('a'..='z'), of('A'..='Z'), of('0'..='9'), of('!'..='~')];
        let first = known.into_iter().find(|signs| !signs.is_empty())?;
        first.get(self.salt % first.len()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_matches_its_pattern() {
        for pattern in [
            "^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$",
            "^(?:eu|us)-[0-9]{2,4}$",
            r"^[^\s:]+:[0-9a-fA-F]{64}$",
            r"^[a-z]+\.example\.com$",
        ] {
            let text = example(pattern, "subdomain").expect("there is one");
            assert!(regex::Regex::new(pattern).expect("well formed").is_match(&text), "{pattern}: {text}");
        }
    }
}
