//! An authorization code becomes tokens, once.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Denied, Issued, Ledger, Terms};

/// What a client shows to redeem a code.
pub(crate) struct Redemption<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) code: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) verifier: Option<&'a str>,
}

impl Ledger {
    /// A code that comes a second time ends what the first time gave (RFC 6749 §4.1.2).
    pub(crate) fn redeem(&mut self, shown: &Redemption<'_>, terms: &Terms<'_>) -> Result<Issued, Denied> {
        let issued = self.codes.get(shown.code).ok_or(Denied::Grant("the code is unknown"))?;
        if issued.code.client_id != shown.client_id {
            return Err(Denied::Grant("the code was issued to another client"));
        }
        if let Some(grant) = issued.redeemed_as {
            self.end(grant);
            return Err(Denied::Grant("the code was already redeemed; its tokens are now revoked"));
        }
        if issued.expires_at <= terms.now {
            return Err(Denied::Grant("the code expired"));
        }
        if issued.code.redirect_uri != shown.redirect_uri {
            return Err(Denied::Grant("redirect_uri differs from the one of the authorization request"));
        }
        check_verifier(issued.code.challenge.as_deref(), shown.verifier)?;

        let (account, scopes) = (issued.code.account.clone(), issued.code.scopes.clone());
        let tokens = self.grant(shown.client_id, &account, scopes, terms);
        let grant = self.grants.len() - 1;
        if let Some(issued) = self.codes.get_mut(shown.code) {
            issued.redeemed_as = Some(grant);
        }
        Ok(tokens)
    }
}

/// RFC 7636 §4.6. A verifier without a challenge is refused too, because it shows that somebody took the challenge out
/// of the authorization request (RFC 9700 §4.8.2).
fn check_verifier(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), Denied> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Denied::Grant("the authorization request had no code_challenge")),
        (Some(_), None) => Err(Denied::Grant("code_verifier is missing")),
        (Some(challenge), Some(verifier)) => {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            let well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(allowed);
            let digest = digest::digest(&digest::SHA256, verifier.as_bytes());
            if well_formed && URL_SAFE_NO_PAD.encode(digest) == challenge {
                Ok(())
            } else {
                Err(Denied::Grant("code_verifier does not match the code_challenge"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair of RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_published_verifier_fits_its_challenge() {
        assert_eq!(check_verifier(Some(CHALLENGE), Some(VERIFIER)), Ok(()));
    }

    #[test]
    fn a_verifier_without_a_challenge_is_refused() {
        assert!(check_verifier(None, Some(VERIFIER)).is_err());
    }

    #[test]
    fn a_short_verifier_is_refused_even_when_its_digest_fits() {
        let short = "short";
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, short.as_bytes()));
        assert!(check_verifier(Some(&challenge), Some(short)).is_err());
    }
}
