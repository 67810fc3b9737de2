//! SAML 2.0 assertions with an enveloped signature (XML Signature Syntax and Processing), judged from their text.
//!
//! The judge takes the assertion as it stands: what it signs has to be canonical as it is written (Exclusive XML
//! Canonicalization), which holds for a document without comments, entities and unused namespaces.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::arrived::Arrived;
use crate::keys;
use crate::knowledge::Light;
use crate::simulator::Simulator;

/// The assertion in a form, when it is right; otherwise what is wrong with it.
pub(crate) fn find(simulator: &Simulator, arrived: &Arrived) -> Option<String> {
    let pairs = form_urlencoded::parse(&arrived.body).into_owned();
    let encoded = pairs.map(|(_, value)| value).find(|value| value.len() > 500)?;
    let outcome = judge(simulator, &encoded);
    Some(outcome.map_or_else(|why| format!("an assertion of another kind: {why}"), |()| encoded))
}

fn judge(simulator: &Simulator, encoded: &str) -> Result<(), String> {
    let entry = simulator.entry.clone();
    let saml = entry.saml.as_ref().ok_or("the entry signs no assertions")?;
    let xml = STANDARD.decode(encoded).map_err(|error| error.to_string())?;
    let xml = String::from_utf8(xml).map_err(|error| error.to_string())?;
    let filled = |template: &catalog::Template| simulator.text(template, Light::default());
    let parts = [
        ("Issuer", filled(&saml.issuer)),
        ("Audience", filled(&saml.audience)),
        ("NameID", filled(&saml.name_id)),
    ];
    for (name, wanted) in parts {
        let found = content(&xml, name).map(unescaped);
        if found != wanted {
            return Err(format!("{name} is {found:?}, not {wanted:?}"));
        }
    }
    let recipient = filled(&saml.recipient).unwrap_or_default();
    if !xml.contains(&format!("Recipient=\"{}\"", recipient.replace('&', "&amp;"))) {
        return Err(format!("it is not for {recipient}"));
    }
    for template in saml.attributes.values() {
        let wanted = filled(template).unwrap_or_default();
        if !unescaped(&xml).contains(&wanted) {
            return Err(format!("it does not say {wanted}"));
        }
    }
    let key = filled(&saml.key).ok_or("there is no key")?;
    check_signature(&xml, &key)
}

fn check_signature(xml: &str, key: &str) -> Result<(), String> {
    let start = xml.find("<ds:Signature").ok_or("it is not signed")?;
    let close = "</ds:Signature>";
    let end = xml.find(close).ok_or("its signature does not end")? + close.len();
    let (signature, without) = (&xml[start..end], format!("{}{}", &xml[..start], &xml[end..]));
    let body = without.find("<saml").map_or(without.as_str(), |at| &without[at..]);
    let sum = STANDARD.encode(digest::digest(&digest::SHA256, body.as_bytes()));
    let said = content(signature, "DigestValue").unwrap_or_default();
    if said != sum {
        return Err(format!("its digest is {said}, not {sum}"));
    }
    let from = signature.find("<ds:SignedInfo").ok_or("it signs nothing")?;
    let close = "</ds:SignedInfo>";
    let until = signature.find(close).ok_or("it signs nothing")? + close.len();
    let mut info = signature[from..until].to_owned();
    let namespace = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
    if !info[..info.find('>').unwrap_or_default()].contains("xmlns:ds") {
        info.insert_str("<ds:SignedInfo".len(), namespace);
    }
    let value = content(signature, "SignatureValue").unwrap_or_default();
    let value = STANDARD.decode(value).map_err(|error| error.to_string())?;
    let der = keys::der_of(key).ok_or("the key is no PEM")?;
    let pair = rsa::KeyPair::from_pkcs8(&der).map_err(|error| error.to_string())?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|error| error.to_string())?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref())
        .verify(info.as_bytes(), &value)
        .map_err(|_| "its signature is wrong".to_owned())
}

/// The text inside the first element of this local name.
fn content<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let opens = |at: usize| xml[..at].ends_with([':', '<']) && xml[at + name.len()..].starts_with(['>', ' ']);
    let at = xml.match_indices(name).map(|(at, _)| at).find(|&at| opens(at))?;
    let from = at + xml[at..].find('>')? + 1;
    let until = from + xml[from..].find("</")?;
    Some(&xml[from..until])
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    text.replace("&amp;", "&")
}
