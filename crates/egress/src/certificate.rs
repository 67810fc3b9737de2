//! A certificate that a request shows to the server (RFC 8705 §2). The server's own is verified all the same.

use reqwest::Identity;
use zeroize::Zeroizing;

use crate::client::Egress;
use crate::error::Error;
use crate::incoming;
use crate::limits::Limits;

/// A chain of certificates with the key of the first, all in PEM.
#[derive(Clone, Copy)]
pub struct Certificate<'a> {
    /// The chain, the client's own certificate first.
    pub chain: &'a str,
    /// The private key.
    pub private_key: &'a str,
}

impl Egress {
    /// [`Egress::send`], with a certificate. Its connections are not kept: they belong to whoever holds the key.
    pub async fn send_with_certificate(
        &self,
        request: http::Request<Vec<u8>>,
        limits: &Limits,
        certificate: Certificate<'_>,
    ) -> Result<http::Response<Vec<u8>>, Error> {
        let identity = identity(certificate)?;
        let answer = self.open_by(request, limits, |trust| self.client_showing(trust, identity)).await?;
        incoming::collect(answer).await
    }
}

fn identity(certificate: Certificate<'_>) -> Result<Identity, Error> {
    // A chain may lack its last line break.
    let both = Zeroizing::new(format!("{}\n{}\n", certificate.chain.trim(), certificate.private_key.trim()));
    Identity::from_pem(both.as_bytes()).map_err(|_| Error::Certificate)
}
