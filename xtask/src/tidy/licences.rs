//! Licence expressions (SPDX specification, annex D): whether one can be met with the licences that are allowed.

/// Whether the expression is met. The old way to write "or", a slash, counts as `OR`.
pub(crate) fn is_met(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed };
    reader.any() == Some(true) && reader.words.is_empty()
}

struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl Reader<'_> {
    /// Alternatives; `AND` binds tighter than `OR`.
    fn any(&mut self) -> Option<bool> {
        let mut met = self.all()?;
        while self.take("OR") {
            met |= self.all()?;
        }
        Some(met)
    }

    fn all(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.take("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let met = self.any()?;
            return self.take(")").then_some(met);
        }
        let (name, rest) = self.words.split_first()?;
        self.words = rest;
        if !self.take("WITH") {
            return Some(self.allowed.iter().any(|allowed| allowed == name));
        }
        let (exception, rest) = self.words.split_first()?;
        self.words = rest;
        let whole = format!("{name} WITH {exception}");
        // An exception only adds freedom, so the licence alone is enough.
        Some(self.allowed.iter().any(|allowed| *allowed == whole || allowed == name))
    }

    fn take(&mut self, word: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(expression: &str) -> bool {
        is_met(expression, &["MIT".to_owned(), "ISC".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()])
    }

    #[test]
    fn an_alternative_is_enough() {
        for expression in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/GPL-3.0",
            "(GPL-3.0 OR MIT) AND ISC",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(met(expression), "{expression}");
        }
    }

    #[test]
    fn every_part_of_a_conjunction_is_needed() {
        for expression in ["GPL-3.0", "MIT AND GPL-3.0", "MIT AND (GPL-3.0 OR MPL-2.0)", "Apache-2.0"] {
            assert!(!met(expression), "{expression}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_met() {
        for expression in ["", "MIT OR", "(MIT", "MIT MIT", "MIT)"] {
            assert!(!met(expression), "{expression}");
        }
    }
}
