//! The assertions that a login presents.
//!
//! They are made anew for each login, except where they are made from what the user entered for this one purpose:
//! that is not kept, so the assertion is.

use std::cell::Cell;

use catalog::provider::{Jwt, Saml};
use catalog::{Provider, Template, Tree};
use jiff::{SignedDuration, Timestamp};

use crate::credential::{Assertion, Minted};
use crate::fields::{Fields, Filling};
use crate::jwt::{self, reads_one_time};
use crate::message::RequestError;
use crate::saml;

/// An assertion that ends sooner is not sent any more.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// The assertions of one login.
pub(super) struct Assertions {
    jwt: Option<Own>,
    saml: Option<Own>,
    in_vain: Cell<bool>,
}

struct Own {
    /// None when it has ended and cannot be made again.
    assertion: Option<Assertion>,
    /// Whether it was made from what is not kept.
    is_kept: bool,
}

impl Assertions {
    /// Makes what the provider asks for.
    pub(super) fn make(provider: &Provider, fields: &Fields) -> Result<Self, RequestError> {
        let filling = Filling::new(provider, fields);
        let jwt = provider.jwt.as_ref().map(|definition| {
            jwt::assertion(definition, &filling).map(|made| Own::new(made, jwt_is_kept(definition)))
        });
        let saml = provider.saml.as_ref().map(|definition| {
            saml::assertion(definition, &filling).map(|made| Own::new(made, saml_is_kept(definition)))
        });
        Ok(Self { jwt: jwt.transpose()?, saml: saml.transpose()?, in_vain: Cell::new(false) })
    }

    /// The same for a login that is repeated: what cannot be made again is taken from the credential.
    pub(super) fn renew(provider: &Provider, held: &Minted, fields: &Fields) -> Result<Self, RequestError> {
        let now = fields.needed_occasion()?.now;
        let filling = Filling::new(provider, fields);
        let jwt = provider.jwt.as_ref().map(|definition| {
            if jwt_is_kept(definition) {
                return Ok(Own::held(held.jwt.as_ref(), now));
            }
            jwt::assertion(definition, &filling).map(|made| Own::new(made, false))
        });
        let saml = provider.saml.as_ref().map(|definition| {
            if saml_is_kept(definition) {
                return Ok(Own::held(held.saml.as_ref(), now));
            }
            saml::assertion(definition, &filling).map(|made| Own::new(made, false))
        });
        Ok(Self { jwt: jwt.transpose()?, saml: saml.transpose()?, in_vain: Cell::new(false) })
    }

    pub(super) fn jwt(&self) -> Option<String> {
        self.text(self.jwt.as_ref())
    }

    pub(super) fn saml(&self) -> Option<String> {
        self.text(self.saml.as_ref())
    }

    /// Whether one was asked for that has ended.
    pub(super) const fn asked_in_vain(&self) -> bool {
        self.in_vain.get()
    }

    /// Those that go into the credential.
    pub(super) fn kept(self) -> (Option<Assertion>, Option<Assertion>) {
        let kept = |own: Option<Own>| own.filter(|own| own.is_kept).and_then(|own| own.assertion);
        (kept(self.jwt), kept(self.saml))
    }

    fn text(&self, own: Option<&Own>) -> Option<String> {
        let assertion = own?.assertion.as_ref();
        if assertion.is_none() {
            self.in_vain.set(true);
        }
        assertion.map(|assertion| assertion.text.expose().clone())
    }
}

impl Own {
    const fn new(assertion: Assertion, is_kept: bool) -> Self {
        Self { assertion: Some(assertion), is_kept }
    }

    fn held(held: Option<&Assertion>, now: Timestamp) -> Self {
        let good = held.filter(|held| held.expires_at.duration_since(now) > MARGIN);
        Self { assertion: good.cloned(), is_kept: true }
    }
}

fn jwt_is_kept(jwt: &Jwt) -> bool {
    let mut claims = Vec::new();
    jwt.claims.values().for_each(|claim| templates(claim, &mut claims));
    reads_one_time(jwt.header.values().chain([&jwt.key]).chain(claims))
}

fn saml_is_kept(saml: &Saml) -> bool {
    let own = [&saml.key, &saml.issuer, &saml.audience, &saml.recipient, &saml.name_id];
    reads_one_time(own.into_iter().chain(&saml.session_index).chain(saml.attributes.values()))
}

fn templates<'a>(tree: &'a Tree, found: &mut Vec<&'a Template>) {
    match tree {
        Tree::Text(template) => found.push(template),
        Tree::List(list) => list.iter().for_each(|element| templates(element, found)),
        Tree::Table(table) => table.values().for_each(|element| templates(element, found)),
        Tree::Bool(_) | Tree::Number(_) => {}
    }
}
