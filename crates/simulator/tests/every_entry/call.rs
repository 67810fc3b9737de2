//! Calls of the API, made as a proxy would make them.

use std::collections::BTreeMap;

use egress::{Certificate, Limits};
use engine::{ReadConnection, ReadOptions};
use http::Method;
use protocol::api::{Draft, Payload};
use protocol::{Client, Credential, Fields, Occasion};
use serde_json::{Value, json};
use simulator::ApiCall;
use url::Url;
use vault::Secret;

use crate::act::{Act, Names, Play};

impl Play<'_> {
    /// Reads and changes something.
    pub(crate) async fn call_api(&self, names: &Names) -> Act<()> {
        let read = self.read(names, ReadOptions::default()).await?;
        self.end_act("read again")?;
        if self.world.provider(|provider| provider.api_root()).is_none() {
            return Ok(());
        }
        let header = vec![("x-of-the-app".to_owned(), "yes".to_owned())];
        let get = ApiCall {
            method: Method::GET,
            below: "/things/7?z=1&a=%20b%2Fc".to_owned(),
            headers: header.clone(),
            body: None,
        };
        let mut headers = header;
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        let post = ApiCall {
            method: Method::POST,
            below: "/things".to_owned(),
            headers,
            body: Some(json!({ "name": "a thing" })),
        };
        for call in [get, post] {
            self.world.provider(|provider| provider.expect_api_call(call.clone()));
            self.send_call(names, &read, &call).await.map_err(|error| vec![format!("API call: {error}")])?;
            self.end_act("API call")?;
        }
        Ok(())
    }

    /// Sends a call as the proxy would, with the credential that was handed out.
    async fn send_call(&self, names: &Names, read: &ReadConnection, call: &ApiCall) -> Result<(), String> {
        let credential = read.credential.as_ref().ok_or("no credential")?;
        let (fields, client) = (self.fields(read), self.client(credential));
        let provider = protocol::resolve::provider(&read.provider, &names.config, None);
        let provider = provider.map_err(|error| error.to_string())?;
        let caller = protocol::api::Caller {
            provider: &provider,
            credential,
            fields: &fields,
            client: client.as_ref(),
        };
        let root = caller.root().map_err(|error| error.to_string())?;
        let url = format!("{}{}", root.as_str().trim_end_matches('/'), call.below);
        let mut url = Url::parse(&url).map_err(|error| error.to_string())?;
        let mut headers = http::HeaderMap::new();
        for (name, value) in &call.headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
            headers.insert(name, value.parse().map_err(|_| "a header of the test")?);
        }
        let body = call.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let body = caller.body(&call.method, &headers, body);
        let draft = Draft {
            method: &call.method,
            url: &mut url,
            headers: &mut headers,
            payload: Payload::Known(&body),
        };
        caller.authenticate(draft).map_err(|error| error.to_string())?;
        let mut request = http::Request::builder().method(call.method.clone()).uri(url.as_str());
        *request.headers_mut().ok_or("a request of the test")? = headers;
        let request = request.body(body).map_err(|error| error.to_string())?;
        let limits = Limits::token();
        let entered = |name| self.scene.cast.credential.get(name).map(String::as_str);
        let certificate = self.scene.entry.mutual_tls.as_ref().map(|_| Certificate {
            chain: entered("client_certificate").unwrap_or_default(),
            private_key: entered("client_private_key").unwrap_or_default(),
        });
        let answer = match certificate {
            Some(certificate) => {
                self.world.outside.send_with_certificate(request, &limits, certificate).await
            }
            None => self.world.outside.send(request, &limits).await,
        };
        let answer = answer.map_err(|error| error.to_string())?;
        self.end_act("API call").map_err(|findings| findings.join("; "))?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("status {}", answer.status())) }
    }

    fn fields(&self, read: &ReadConnection) -> Fields {
        let inputs = &self.scene.entry.inputs.connection;
        let ours = |wire: &str| {
            let input = inputs.iter().find(|input| input.wire_name() == wire);
            input.map_or(wire, |input| &input.name).to_owned()
        };
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut connection: BTreeMap<String, String> =
            read.connection.config.iter().map(|(wire, value)| (ours(wire), text(value))).collect();
        let secrets = read.secret_fields.iter();
        connection.extend(secrets.map(|(wire, value)| (ours(wire), value.expose().clone())));
        Fields {
            connection,
            integration: self.scene.cast.integration.clone(),
            occasion: Some(Occasion { now: self.world.now(), random: [9; 16] }),
            ..Fields::default()
        }
    }

    fn client(&self, credential: &Credential) -> Option<Client> {
        let cast = &self.scene.cast;
        if let Credential::ClientCredentials { client_id, client_secret, .. } = credential {
            return Some(Client { id: client_id.clone(), secret: Some(client_secret.clone()) });
        }
        let secret = cast.has_secret.then(|| Secret::new(cast.client_secret.clone()));
        self.scene.entry.auth.has_app().then(|| Client { id: cast.client_id.clone(), secret })
    }
}
