//! Whose keys they are (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>): the one
//! question that every key may ask.

use catalog::Provider;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method};

use super::sts::{answer, endpoint, role_name};
use super::{Draft, Keys, Payload, Scope, sign};
use crate::credential::AwsKeys;
use crate::fields::Fields;
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};

/// The question. `fields` need an occasion.
pub fn request(provider: &Provider, keys: &AwsKeys, fields: &Fields) -> Result<Request, RequestError> {
    let occasion = fields.needed_occasion()?;
    let mut url = endpoint(provider, &keys.region, fields)?;
    url.set_query(Some("Action=GetCallerIdentity&Version=2011-06-15"));
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let mut request = Request::new(Method::GET, url, headers, Vec::new());
    let own = Keys {
        id: &keys.access_key_id,
        secret: keys.secret_access_key.expose(),
        session_token: Some(keys.session_token.expose()),
    };
    let mut draft = Draft {
        method: &request.method,
        url: &mut request.url,
        headers: &mut request.headers,
        payload: Payload::Bytes(b""),
    };
    sign(&mut draft, &own, &Scope { region: &keys.region, service: "sts" }, occasion.now)?;
    Ok(request)
}

/// Whether the keys are those of the role they should be: `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
pub fn outcome(keys: &AwsKeys, response: &Response) -> bool {
    let answer = answer(response).filter(|_| response.status.is_success());
    let arn =
        answer.and_then(|answer| text_at(&answer, "GetCallerIdentityResponse.GetCallerIdentityResult.Arn"));
    let assumed = arn.as_deref().and_then(|arn| arn.split_once(":assumed-role/")).map(|(_, role)| role);
    let name = assumed.and_then(|role| role.split('/').next());
    name.is_some() && name == role_name(&keys.role_arn)
}
