//! A value that must not be seen by accident.
//!
//! [`Secret`] has no way to be printed, serialised or compared with `==`. Reading it takes the word `expose`, which a
//! reviewer can search for. It does not lock memory and does not encrypt it: who can read the memory of the process
//! can read its secrets.

use serde::de::{Deserialize, Deserializer, Error};
use zeroize::Zeroize;

use crate::digest::constant_time_eq;

/// A value that is wiped when dropped and shows itself only on request.
///
/// Every bound below holds for the bare value and must not hold for the secret.
///
/// ```
/// fn needs<T: std::fmt::Debug + std::fmt::Display + serde::Serialize + PartialEq>() {}
/// needs::<String>();
/// fn allows<T: Clone + for<'a> serde::Deserialize<'a>>() {}
/// allows::<vault::Secret<String>>();
/// ```
///
/// It cannot be printed for a developer:
///
/// ```compile_fail,E0277
/// fn needs<T: std::fmt::Debug>() {}
/// needs::<vault::Secret<String>>();
/// ```
///
/// It cannot be printed for a user:
///
/// ```compile_fail,E0277
/// fn needs<T: std::fmt::Display>() {}
/// needs::<vault::Secret<String>>();
/// ```
///
/// It cannot be serialised:
///
/// ```compile_fail,E0277
/// fn needs<T: serde::Serialize>() {}
/// needs::<vault::Secret<String>>();
/// ```
///
/// It cannot be compared in variable time:
///
/// ```compile_fail,E0277
/// fn needs<T: PartialEq>() {}
/// needs::<vault::Secret<String>>();
/// ```
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value. The caller holds no other copy, or wipes it.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the moment it is used.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value, for a place that must own it; from here on nobody wipes it.
    pub fn into_inner(mut self) -> T
    where
        T: Default,
    {
        std::mem::take(&mut self.0)
    }

    /// A secret computed from this one.
    pub fn map<U: Zeroize>(&self, derive: impl FnOnce(&T) -> U) -> Secret<U> {
        Secret(derive(&self.0))
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Whether the secret equals `candidate`, in time that depends on the lengths only.
    pub fn matches(&self, candidate: &[u8]) -> bool {
        constant_time_eq(self.0.as_ref(), candidate)
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The messages of serde quote the value they did not expect, so the cause is not passed on.
        T::deserialize(deserializer).map(Self).map_err(|_| D::Error::custom("a secret has the wrong type"))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use serde::de::value::{Error as ValueError, StrDeserializer};

    use super::*;

    struct Probe(Rc<Cell<bool>>);

    impl Zeroize for Probe {
        fn zeroize(&mut self) {
            self.0.set(true);
        }
    }

    #[test]
    fn a_dropped_secret_is_wiped() {
        let wiped = Rc::new(Cell::new(false));
        drop(Secret::new(Probe(wiped.clone())));
        assert!(wiped.get());
    }

    #[test]
    fn a_secret_matches_only_its_own_bytes() {
        let secret = Secret::new(String::from("swordfish"));
        assert!(secret.matches(b"swordfish"));
        assert!(!secret.matches(b"swordfisH"));
        assert!(!secret.matches(b"swordfish "));
        assert!(!secret.matches(b""));
    }

    #[test]
    fn a_derived_secret_holds_what_was_computed() {
        let header = Secret::from(String::from("abc")).map(|token| format!("Bearer {token}"));
        assert_eq!(header.into_inner(), "Bearer abc");
    }

    #[test]
    fn a_secret_is_read_from_its_bare_form() {
        let source = StrDeserializer::<ValueError>::new("swordfish");
        let secret = Secret::<String>::deserialize(source).expect("the test wrote this input");
        assert!(secret.matches(b"swordfish"));
    }

    #[test]
    fn an_unreadable_secret_is_not_quoted_in_the_error() {
        let source = StrDeserializer::<ValueError>::new("swordfish");
        let error = Secret::<u64>::deserialize(source).err().expect("the test wrote this input");
        assert_eq!(error.to_string(), "a secret has the wrong type");
    }
}
