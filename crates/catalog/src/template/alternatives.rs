//! One template, or several of which the first that can be filled counts.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

use super::{Template, Unfilled, UrlError, Values};

/// One template or a list of them in order of preference. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternatives(Vec<Template>);

impl Alternatives {
    /// The templates in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Template> {
        self.0.iter()
    }

    /// The first alternative whose placeholders all have values, filled. The error names what the first one lacks. What
    /// placeholders leave empty is as good as none.
    pub fn fill(&self, values: &dyn Values) -> Result<String, Unfilled> {
        let filled = |template: &Template| {
            let empty = || Unfilled { placeholder: template.source().to_owned() };
            template.fill(values).and_then(|text| {
                if text.is_empty() && !template.is_literal() { Err(empty()) } else { Ok(text) }
            })
        };
        self.first_filled(filled, |_| true)
    }

    /// The same for a URL. A value that is refused is an error; it is not stepped over.
    pub fn fill_url(&self, values: &dyn Values) -> Result<Url, UrlError> {
        self.first_filled(
            |template| template.fill_url(values),
            |error| matches!(error, UrlError::Unfilled(_)),
        )
    }

    /// The same for a URL that may be a path below `base` ([`Template::fill_url_below`]).
    pub fn fill_url_below(&self, base: &Url, values: &dyn Values) -> Result<Url, UrlError> {
        self.first_filled(
            |template| template.fill_url_below(base, values),
            |error| matches!(error, UrlError::Unfilled(_)),
        )
    }

    /// Whether an alternative is a path that needs a base.
    pub fn is_below_base(&self) -> bool {
        self.0.iter().any(Template::is_below_base)
    }

    /// Whether nothing has to be filled in.
    pub fn is_literal(&self) -> bool {
        self.0.iter().all(Template::is_literal)
    }

    fn first_filled<T, E>(
        &self,
        fill: impl Fn(&Template) -> Result<T, E>,
        goes_on: impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        let (first, others) = self.0.split_first().expect("alternatives are never empty");
        let mut outcome = fill(first);
        for template in others {
            match &outcome {
                Err(error) if goes_on(error) => {}
                Ok(_) | Err(_) => return outcome,
            }
            let next = fill(template);
            if !matches!(&next, Err(error) if goes_on(error)) {
                outcome = next;
            }
        }
        outcome
    }
}

impl From<Template> for Alternatives {
    fn from(template: Template) -> Self {
        Self(vec![template])
    }
}

impl<'a> IntoIterator for &'a Alternatives {
    type Item = &'a Template;
    type IntoIter = std::slice::Iter<'a, Template>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Alternatives {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [only] => only.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Alternatives {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AlternativesVisitor)
    }
}

struct AlternativesVisitor;

impl<'de> de::Visitor<'de> for AlternativesVisitor {
    type Value = Alternatives;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a template or a list of templates")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Alternatives, E> {
        Template::parse(value).map(Alternatives::from).map_err(E::custom)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Alternatives, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Alternatives, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Alternatives, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Alternatives, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Alternatives, A::Error> {
        let mut templates = Vec::new();
        while let Some(template) = list.next_element()? {
            templates.push(template);
        }
        if templates.is_empty() {
            return Err(de::Error::custom("a list of alternatives needs at least one"));
        }
        Ok(Alternatives(templates))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Placeholder;
    use super::*;

    /// Fills only what stands in the list.
    struct Only<'a>(&'a [(&'static str, &'static str)]);

    impl Values for Only<'_> {
        fn value(&self, placeholder: &Placeholder) -> Option<String> {
            let written = placeholder.to_string();
            self.0.iter().find(|(name, _)| *name == written).map(|(_, value)| (*value).to_owned())
        }
    }

    fn read(json: &str) -> Alternatives {
        serde_json::from_str(json).expect("the test list is well formed")
    }

    #[test]
    fn the_first_alternative_that_can_be_filled_counts() {
        let list =
            read(r#"["https://{connection.a}.x.com/", "https://{connection.b}.x.com/", "https://x.com/"]"#);
        for (values, expected) in [
            (&[("{connection.a}", "a"), ("{connection.b}", "b")][..], "https://a.x.com/"),
            (&[("{connection.b}", "b")], "https://b.x.com/"),
            (&[("{connection.a}", "")], "https://x.com/"),
            (&[], "https://x.com/"),
        ] {
            assert_eq!(list.fill(&Only(values)).as_deref(), Ok(expected));
            assert_eq!(list.fill_url(&Only(values)).expect("well formed").as_str(), expected);
        }
    }

    #[test]
    fn what_is_there_and_empty_is_no_header_of_its_own() {
        let body = [("{request.body}", "")];
        assert!(read(r#""{request.body}""#).fill(&Only(&body)).is_err());
        assert_eq!(read(r#""a {request.body}""#).fill(&Only(&body)).as_deref(), Ok("a "));
        assert_eq!(read(r#""""#).fill(&Only(&[])).as_deref(), Ok(""));
    }

    #[test]
    fn what_the_first_alternative_lacks_is_reported() {
        let list = read(r#"["{connection.a}", "{connection.b}"]"#);
        assert_eq!(list.fill(&Only(&[])), Err(Unfilled { placeholder: "{connection.a}".to_owned() }));
    }

    #[test]
    fn a_refused_value_is_not_stepped_over() {
        let list = read(r#"["https://{connection.a}.x.com/", "https://x.com/"]"#);
        assert!(list.fill_url(&Only(&[("{connection.a}", "evil.com/")])).is_err());
    }

    #[test]
    fn an_empty_list_is_refused() {
        assert!(serde_json::from_str::<Alternatives>("[]").is_err());
    }
}
