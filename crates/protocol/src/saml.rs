//! Signed SAML 2.0 assertions for the bearer grant (RFC 7522 §2.1, SAML core §2, XML Signature §4).
//!
//! Signing XML means signing its canonical form. This module never canonicalises: it writes one fixed shape that is
//! its own exclusive canonical form (no empty-element tags, attributes in order, each prefix declared where it is
//! first used), and signs that. Values are escaped as the canonical form has them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::{digest, signature};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::Template;
use catalog::provider::Saml;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use vault::Secret;

use crate::credential::Assertion;
use crate::fields::Filling;
use crate::message::RequestError;
use crate::{jose, lifetime};

/// Clocks differ; an assertion is good from a minute ago.
const EARLIER: SignedDuration = SignedDuration::from_secs(60);

const DIGITAL_SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const UNSPECIFIED_NAME: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const UNSPECIFIED_CLASS: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";

/// The assertion in base64, as it is sent. The fields need an occasion.
pub(crate) fn assertion(saml: &Saml, filling: &Filling<'_>) -> Result<Assertion, RequestError> {
    let occasion = filling.fields.needed_occasion()?;
    let end = lifetime::assumed(saml.lifetime_s, occasion.now)
        .ok_or(RequestError::Missing { field: "the time" })?;
    let id = format!("_{}", hex::encode(occasion.random));
    let values = Values { saml, filling, now: occasion.now, end };
    let (head, rest) = (values.head(&id)?, values.rest()?);
    let unsigned = format!("{head}{rest}");
    let digest = STANDARD.encode(digest::digest(&digest::SHA256, unsigned.as_bytes()));
    let key = Secret::new(values.text("key of the assertion", &saml.key)?);
    let seal = seal(&id, &digest, &key)?;
    let text = Secret::new(STANDARD.encode(format!("{head}{seal}{rest}")));
    Ok(Assertion { text, expires_at: end })
}

/// The `Signature` element; it stands behind the issuer (SAML core §5.4).
fn seal(id: &str, digest: &str, key: &Secret<String>) -> Result<String, RequestError> {
    let info = |namespace: &str| {
        format!(
            "<ds:SignedInfo{namespace}>\
             <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"></ds:SignatureMethod>\
             <ds:Reference URI=\"#{id}\"><ds:Transforms>\
             <ds:Transform Algorithm=\"{DIGITAL_SIGNATURE}enveloped-signature\"></ds:Transform>\
             <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod>\
             <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        )
    };
    let namespace = format!(" xmlns:ds=\"{DIGITAL_SIGNATURE}\"");
    // Taken by itself, `SignedInfo` declares the prefix that its parent declares in the document.
    let signed = info(&namespace);
    let bad = || RequestError::Key { field: "the key of the assertion" };
    let pair = jose::der(key.expose()).as_deref().and_then(jose::rsa_pair).ok_or_else(bad)?;
    let mut value = vec![0; pair.public_modulus_len()];
    pair.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut value)
        .map_err(|_| bad())?;
    Ok(format!(
        "<ds:Signature{namespace}>{}<ds:SignatureValue>{}</ds:SignatureValue></ds:Signature>",
        info(""),
        STANDARD.encode(value)
    ))
}

struct Values<'a> {
    saml: &'a Saml,
    filling: &'a Filling<'a>,
    now: Timestamp,
    end: Timestamp,
}

impl Values<'_> {
    /// The beginning, up to the place of the signature.
    fn head(&self, id: &str) -> Result<String, RequestError> {
        let issuer = escaped(&self.text("issuer", &self.saml.issuer)?);
        Ok(format!(
            "<saml2:Assertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" IssueInstant=\"{}\" \
             Version=\"2.0\"><saml2:Issuer>{issuer}</saml2:Issuer>",
            stamp(self.now)
        ))
    }

    /// What stands behind the signature.
    fn rest(&self) -> Result<String, RequestError> {
        let name = escaped(&self.text("name of the subject", &self.saml.name_id)?);
        let recipient = escaped_attribute(&self.text("recipient", &self.saml.recipient)?);
        let audience = self.text("audience", &self.saml.audience)?;
        let audiences: Vec<String> = audience.split(',').map(|audience| escaped(audience.trim())).collect();
        let audiences = audiences.join("</saml2:Audience><saml2:Audience>");
        let session = self.saml.session_index.as_ref().and_then(|index| index.fill(self.filling).ok());
        let session = session.map(|index| format!(" SessionIndex=\"{}\"", escaped_attribute(&index)));
        let (now, end) = (stamp(self.now), stamp(self.end));
        let begin = stamp(self.now.checked_sub(EARLIER).unwrap_or(self.now));
        Ok(format!(
            "<saml2:Subject><saml2:NameID Format=\"{UNSPECIFIED_NAME}\">{name}</saml2:NameID>\
             <saml2:SubjectConfirmation Method=\"{BEARER}\">\
             <saml2:SubjectConfirmationData NotOnOrAfter=\"{end}\" Recipient=\"{recipient}\">\
             </saml2:SubjectConfirmationData></saml2:SubjectConfirmation></saml2:Subject>\
             <saml2:Conditions NotBefore=\"{begin}\" NotOnOrAfter=\"{end}\">\
             <saml2:AudienceRestriction><saml2:Audience>{audiences}</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions>\
             <saml2:AuthnStatement AuthnInstant=\"{now}\"{}><saml2:AuthnContext>\
             <saml2:AuthnContextClassRef>{UNSPECIFIED_CLASS}</saml2:AuthnContextClassRef></saml2:AuthnContext>\
             </saml2:AuthnStatement>{}</saml2:Assertion>",
            session.unwrap_or_default(),
            self.attributes(),
        ))
    }

    fn attributes(&self) -> String {
        let filled = self.saml.attributes.iter().filter_map(|(name, template)| {
            let value = template.fill(self.filling).ok()?;
            Some(format!(
                "<saml2:Attribute Name=\"{}\"><saml2:AttributeValue>{}</saml2:AttributeValue></saml2:Attribute>",
                escaped_attribute(name),
                escaped(&value)
            ))
        });
        let attributes: String = filled.collect();
        if attributes.is_empty() {
            return attributes;
        }
        format!("<saml2:AttributeStatement>{attributes}</saml2:AttributeStatement>")
    }

    fn text(&self, place: &str, template: &Template) -> Result<String, RequestError> {
        template
            .fill(self.filling)
            .map_err(|error| RequestError::Unfilled { place: place.to_owned(), reason: error.to_string() })
    }
}

/// `xs:dateTime` in UTC (SAML core §1.3.3).
fn stamp(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// Text as the canonical form has it (Canonical XML §2.3).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#xD;")
}

/// An attribute's value as the canonical form has it.
fn escaped_attribute(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    text.replace('\t', "&#x9;").replace('\n', "&#xA;").replace('\r', "&#xD;")
}
