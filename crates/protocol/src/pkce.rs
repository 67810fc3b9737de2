//! Proof Key for Code Exchange (RFC 7636): whoever redeems a code shows that it also asked for it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vault::Secret;

/// A code verifier (RFC 7636 §4.1).
pub struct Verifier(Secret<String>);

impl Verifier {
    /// A verifier of 43 characters from 32 octets of chance, as §4.1 recommends.
    pub fn from_random(random: [u8; 32]) -> Self {
        let random = Secret::new(random);
        Self(random.map(|octets| URL_SAFE_NO_PAD.encode(octets)))
    }

    /// The `S256` challenge (§4.2).
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(vault::sha256(self.0.expose().as_bytes()))
    }

    /// The verifier itself, to be kept until the code is redeemed.
    pub fn into_secret(self) -> Secret<String> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_appendix_b_comes_out_right() {
        let octets = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105,
            214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let verifier = Verifier::from_random(octets);
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(verifier.into_secret().expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }
}
