//! Temporary keys of a role, and calls that are signed with them.

use http::Method;
use serde_json::json;
use url::Url;

use crate::arrived::Arrived;
use crate::knowledge::Light;
use crate::signature::sigv4::{self, Signer};
use crate::simulator::{Reply, Simulator};
use crate::spec::{Accept, Content, Spec, Want, is};

/// Temporary keys that were given out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    id: String,
    secret: String,
    session: String,
}

impl Simulator {
    /// Expects the role to be assumed.
    pub(super) fn expect_role(&mut self, renews: bool) {
        self.expect("assume role", Self::role_spec, move |simulator, arrived| {
            let external = form_value(arrived, "ExternalId").unwrap_or_default();
            simulator.grant.connection.insert("external_id".to_owned(), external);
            let keys = Keys {
                id: format!("ASIA{}", simulator.grant.fresh("id")),
                secret: simulator.grant.fresh("secret"),
                session: simulator.grant.fresh("session"),
            };
            let ends = simulator.now + jiff::SignedDuration::from_hours(1);
            simulator.prolong(3600);
            let answer = json!({ "AssumeRoleResponse": { "AssumeRoleResult": { "Credentials": {
                "AccessKeyId": keys.id, "SecretAccessKey": keys.secret, "SessionToken": keys.session,
                "Expiration": ends.to_string(),
            } } } });
            simulator.grant.keys = Some(keys);
            simulator.allow("caller identity", Self::caller_spec, |simulator, _| simulator.caller());
            if !renews {
                simulator.expect_connected();
            }
            Reply::json(&answer)
        });
    }

    fn aws_scope(&self) -> Result<(String, String), String> {
        let aws = self.entry.aws.as_ref().ok_or("the entry has no [aws]")?;
        let region = self.first_text(&aws.region, Light::default()).ok_or("there is no region")?;
        Ok((self.text(&aws.service, Light::default()).ok_or("there is no service")?, region))
    }

    /// AWS: `AssumeRole` in the reference of the Security Token Service, version 2011-06-15.
    fn role_spec(&self, arrived: &Arrived) -> Result<Spec, String> {
        let (_, region) = self.aws_scope()?;
        let url =
            Url::parse(&format!("https://sts.{region}.amazonaws.com/")).map_err(|error| error.to_string())?;
        let mut spec = Spec::new(Method::POST, url);
        spec.accept = Accept::Free;
        let role = self.cast.credential.get("role_arn").cloned().unwrap_or_default();
        let known = self.grant.connection.get("external_id").cloned();
        let external = Want::check(move |found| match &known {
            Some(known) if known != found => Err(format!("is not {known} any more")),
            None if found.len() < 16 => Err("can be guessed".to_owned()),
            Some(_) | None => Ok(()),
        });
        let name = Want::check(|found| {
            let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "+=,.@-_".contains(sign);
            if (2..=64).contains(&found.len()) && found.chars().all(is_plain) {
                Ok(())
            } else {
                Err("is no name".to_owned())
            }
        });
        spec.content = Content::Form(vec![
            is("Action", "AssumeRole"),
            is("Version", "2011-06-15"),
            is("RoleArn", role),
            is("DurationSeconds", "3600"),
            ("ExternalId".to_owned(), external),
            ("RoleSessionName".to_owned(), name),
        ]);
        let setting = |name: &str| self.cast.integration.get(name).cloned().unwrap_or_default();
        let (id, secret) = (setting("aws_access_key_id"), setting("aws_secret_access_key"));
        let signer = Signer { id: &id, secret: &secret, region: &region, service: "sts" };
        self.want_sigv4(&mut spec, arrived, &signer, None);
        Ok(spec)
    }

    /// Whoever holds keys may ask whose they are (`GetCallerIdentity`), which proves them.
    fn caller_spec(&self, arrived: &Arrived) -> Result<Spec, String> {
        let (_, region) = self.aws_scope()?;
        let keys = self.grant.keys.clone().ok_or("no keys were given out")?;
        let url = format!("https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15");
        let mut spec = Spec::new(Method::GET, Url::parse(&url).map_err(|error| error.to_string())?);
        spec.accept = Accept::Free;
        let signer = Signer { id: &keys.id, secret: &keys.secret, region: &region, service: "sts" };
        self.want_sigv4(&mut spec, arrived, &signer, Some(&keys.session));
        Ok(spec)
    }

    /// The role, as its sessions are called: `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
    fn caller(&self) -> Reply {
        let role = self.cast.credential.get("role_arn").cloned().unwrap_or_default();
        let account = role.split(':').nth(4).unwrap_or_default().to_owned();
        let name = role.rsplit('/').next().unwrap_or_default();
        let arn = format!("{}/session", role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/"));
        let arn = if role.matches('/').count() > 1 {
            format!("arn:aws:sts::{account}:assumed-role/{name}/session")
        } else {
            arn
        };
        Reply::json(&json!({ "GetCallerIdentityResponse": { "GetCallerIdentityResult": {
            "Arn": arn, "Account": account, "UserId": "AROA:session",
        } } }))
    }

    /// Wants an API call to be signed with the keys of the role.
    pub(super) fn want_role_signature(&self, spec: &mut Spec, arrived: &Arrived) -> Result<(), String> {
        let (service, region) = self.aws_scope()?;
        let keys = self.grant.keys.clone().ok_or("no keys were given out")?;
        let signer = Signer { id: &keys.id, secret: &keys.secret, region: &region, service: &service };
        self.want_sigv4(spec, arrived, &signer, Some(&keys.session));
        Ok(())
    }

    fn want_sigv4(&self, spec: &mut Spec, arrived: &Arrived, signer: &Signer<'_>, session: Option<&str>) {
        let wanted = sigv4::authorization(signer, arrived);
        spec.set_header(
            "authorization",
            Want::check(move |found| match &wanted {
                Ok(wanted) if wanted == found => Ok(()),
                Ok(wanted) => Err(format!("is not {wanted}")),
                Err(why) => Err(why.clone()),
            }),
        );
        let now = self.value("now:%Y%m%dT%H%M%SZ", Light::default()).unwrap_or_default();
        spec.set_header("x-amz-date", Want::Is(now));
        if let Some(session) = session {
            spec.set_header("x-amz-security-token", Want::Is(session.to_owned()));
        }
        if arrived.header("x-amz-content-sha256").is_some() {
            spec.set_header("x-amz-content-sha256", Want::Is(sigv4::hash(&arrived.body)));
        }
    }
}

fn form_value(arrived: &Arrived, name: &str) -> Option<String> {
    form_urlencoded::parse(&arrived.body)
        .into_owned()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value)
}
