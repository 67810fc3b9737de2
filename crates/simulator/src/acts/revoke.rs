//! The end of a grant (RFC 7009, or a call of the vendor's own).

use catalog::provider::{BodyFormat, ClientAuth, Method as Named, Revocation, RevocationAuth, RevokedToken};
use http::Method;

use super::api::light;
use crate::arrived::Arrived;
use crate::simulator::{Reply, Simulator};
use crate::spec::{Content, Params, Spec, Want, is};

impl Simulator {
    /// Expects the grant to be ended, where the provider offers that; says whether it does.
    pub fn expect_revocation(&mut self) -> bool {
        self.allow_discovery();
        if self.entry.revocation.is_none() {
            return false;
        }
        self.expect("revocation", Self::revocation_spec, |_, _| Reply {
            status: 200,
            headers: Vec::new(),
            body: String::new(),
        });
        true
    }

    fn revocation_spec(&self, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let revocation = entry.revocation.as_ref().ok_or("the entry has no revocation")?;
        let url = self.address_below(&revocation.url).ok_or("the revocation URL cannot be filled")?;
        let method = match revocation.method {
            None | Some(Named::Post) => Method::POST,
            Some(Named::Get) => Method::GET,
            Some(Named::Put) => Method::PUT,
            Some(Named::Patch) => Method::PATCH,
            Some(Named::Delete) => Method::DELETE,
        };
        let mut spec = Spec::new(method, url.clone());
        let mut params = Params::new();
        if revocation.body.is_none() {
            params = self.standard_form(revocation)?;
        }
        self.want_revocation_auth(revocation, &url, &mut spec, &mut params);
        spec.content = match &revocation.body {
            Some(body) => self.content(body, light(arrived, &arrived.uuids())),
            None => Content::Form(Params::new()),
        };
        // The client's parameters stand beside those of the body.
        match &mut spec.content {
            Content::Form(known) => known.extend(params),
            Content::Empty
            | Content::Fields(_)
            | Content::Json(_)
            | Content::Text(..)
            | Content::Check(_) => {}
        }
        if matches!(&spec.content, Content::Form(form) if form.is_empty()) {
            spec.content = Content::Empty;
        }
        self.want_headers(&mut spec, &revocation.headers, arrived);
        Ok(spec)
    }

    fn standard_form(&self, revocation: &Revocation) -> Result<Params, String> {
        let refresh = match revocation.token {
            RevokedToken::RefreshElseAccess => self.grant.refresh.clone(),
            RevokedToken::Access => None,
        };
        let (token, hint) = match refresh {
            Some(token) => (token, "refresh_token"),
            None => (self.grant.access.clone().ok_or("no token was given out")?, "access_token"),
        };
        Ok(vec![is("token", token), is("token_type_hint", hint)])
    }

    fn want_revocation_auth(
        &self,
        revocation: &Revocation,
        url: &url::Url,
        spec: &mut Spec,
        params: &mut Params,
    ) {
        match revocation.auth {
            RevocationAuth::Client if revocation.body.is_none() => {
                let token = self.entry.token.as_ref();
                let method = token.map(|token| token.client_auth).unwrap_or_default();
                self.want_client(method, url, spec, params);
                if token.is_some_and(|token| token.body == BodyFormat::Query) {
                    spec.query.append(params);
                }
            }
            RevocationAuth::Client => {
                let token = self.entry.token.as_ref();
                let method = token.map(|token| token.client_auth).unwrap_or_default();
                self.want_client(method, url, spec, params);
            }
            RevocationAuth::ClientBasic => {
                self.want_client(ClientAuth::ClientSecretBasic, url, spec, params);
            }
            RevocationAuth::Bearer => {
                let token = self.grant.access.clone().unwrap_or_default();
                spec.set_header("authorization", Want::Is(format!("Bearer {token}")));
            }
            RevocationAuth::None => {}
        }
    }
}
