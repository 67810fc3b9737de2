//! AWS Signature Version 4, from AWS's description of it ("Create a signed AWS API request").

use aws_lc_rs::{digest, hmac};

use crate::arrived::Arrived;
use crate::knowledge::encoded;

/// Whose signature it is, and for what.
pub(crate) struct Signer<'a> {
    pub(crate) id: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

/// The `authorization` header that fits the request: over the headers it says it signs, which must be enough.
pub(crate) fn authorization(signer: &Signer<'_>, arrived: &Arrived) -> Result<String, String> {
    let said = arrived.header("authorization").ok_or("there is no authorization header")?;
    let (_, rest) = said.split_once("SignedHeaders=").ok_or("it names no signed headers")?;
    let covered = rest.split(',').next().unwrap_or_default();
    let names: Vec<&str> = covered.split(';').collect();
    for needed in ["host", "x-amz-date"] {
        if !names.contains(&needed) {
            return Err(format!("it does not sign {needed}"));
        }
    }
    if !names.is_sorted() {
        return Err("its signed headers are not in order".to_owned());
    }
    let date = arrived.header("x-amz-date").ok_or("there is no x-amz-date")?;
    let day = date.get(..8).ok_or("x-amz-date is no date")?;
    let scope = format!("{day}/{}/{}/aws4_request", signer.region, signer.service);
    let canonical = canonical_request(arrived, &names, covered, signer.service);
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hash(canonical.as_bytes()));
    let mut key = format!("AWS4{}", signer.secret).into_bytes();
    for part in [day, signer.region, signer.service, "aws4_request"] {
        key = mac(&key, part.as_bytes());
    }
    let signature = hex::encode(mac(&key, text.as_bytes()));
    let id = signer.id;
    Ok(format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={covered}, Signature={signature}"))
}

fn canonical_request(arrived: &Arrived, names: &[&str], signed: &str, service: &str) -> String {
    let path = arrived.url.path();
    // Every service but S3 encodes the path once more than it is sent.
    let path = if service == "s3" {
        path.to_owned()
    } else {
        path.split('/').map(encoded).collect::<Vec<_>>().join("/")
    };
    let mut query: Vec<String> =
        arrived.query().iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    query.sort();
    let header = |name: &&str| {
        let value = arrived.header(name).unwrap_or_default();
        format!("{name}:{}\n", value.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let headers: String = names.iter().map(header).collect();
    let payload = arrived.header("x-amz-content-sha256").map_or_else(|| hash(&arrived.body), str::to_owned);
    [arrived.method.as_str(), &path, &query.join("&"), &headers, signed, &payload].join("\n")
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}
