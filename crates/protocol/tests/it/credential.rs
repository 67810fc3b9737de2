use protocol::{Assertion, AwsKeys, Client, Credential, CredentialKind, Minted, OAuth2Tokens};

use crate::given;

fn all() -> Vec<(Credential, CredentialKind, &'static str)> {
    let own_client = OAuth2Tokens { client_override: Some(given::client()), ..given::tokens() };
    let bare = OAuth2Tokens {
        refresh_token: None,
        expires_at: None,
        scope: None,
        client_override: Some(Client { id: "public".to_owned(), secret: None }),
        ..given::tokens()
    };
    vec![
        (Credential::OAuth2(own_client), CredentialKind::OAuth2, "OAUTH2"),
        (Credential::OAuth2(bare), CredentialKind::OAuth2, "OAUTH2"),
        (
            Credential::ClientCredentials {
                tokens: given::tokens(),
                client_id: "c".to_owned(),
                client_secret: given::secret("\"quoted\""),
                entered: [("client_private_key".to_owned(), given::secret("k"))].into(),
            },
            CredentialKind::ClientCredentials,
            "OAUTH2_CC",
        ),
        (
            Credential::OAuth1 {
                token: given::secret("t"),
                token_secret: given::secret("ts"),
                raw: given::secret("oauth_token=t"),
            },
            CredentialKind::OAuth1,
            "OAUTH1",
        ),
        (
            Credential::OAuth1TokenBased {
                token_id: given::secret("t"),
                token_secret: given::secret("ts"),
                client_override: Some(given::client()),
            },
            CredentialKind::OAuth1TokenBased,
            "TBA",
        ),
        (Credential::TwoStep(minted()), CredentialKind::TwoStep, "TWO_STEP"),
        (Credential::Jwt(minted()), CredentialKind::Jwt, "JWT"),
        (Credential::Signature(minted()), CredentialKind::Signature, "SIGNATURE"),
        (Credential::Session(minted()), CredentialKind::Session, "BILL"),
        (
            Credential::Aws(AwsKeys {
                role_arn: "arn:aws:iam::1:role/r".to_owned(),
                external_id: None,
                region: "eu-west-1".to_owned(),
                service: "s3".to_owned(),
                access_key_id: "AK".to_owned(),
                secret_access_key: given::secret("sk"),
                session_token: given::secret("st"),
                expires_at: Some(given::now()),
            }),
            CredentialKind::Aws,
            "AWS_SIGV4",
        ),
        (Credential::ApiKey { api_key: given::secret("k") }, CredentialKind::ApiKey, "API_KEY"),
        (
            Credential::Basic { username: "u".to_owned(), password: given::secret("") },
            CredentialKind::Basic,
            "BASIC",
        ),
        (Credential::None, CredentialKind::None, "NONE"),
    ]
}

fn minted() -> Minted {
    let assertion = Assertion { text: given::secret("e30.e30.c2ln"), expires_at: given::now() };
    Minted {
        tokens: given::tokens(),
        entered: [("user".to_owned(), given::secret("u"))].into_iter().collect(),
        jwt: Some(assertion.clone()),
        saml: Some(assertion),
    }
}

fn read(text: &[u8]) -> Credential {
    Credential::from_seal_text(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_credential_comes_back_from_its_sealed_form() {
    for (credential, kind, wire) in all() {
        let text = credential.seal_text();
        let read = read(text.expose());
        assert_eq!(read.kind(), kind);
        assert_eq!(read.kind().wire(), wire);
        assert_eq!(read.expires_at(), credential.expires_at());
        assert_eq!(read.has_refresh_token(), credential.has_refresh_token());
        assert_eq!(read.seal_text().expose(), text.expose(), "{wire}");
    }
}

#[test]
fn the_sealed_form_stays_what_it_was() {
    // Credentials sealed by earlier releases are read for years: a change here needs a reader for the old form too.
    let mut tokens = given::tokens();
    tokens.client_override = Some(Client { id: "c".to_owned(), secret: Some(given::secret("s")) });
    let text = Credential::OAuth2(tokens).seal_text();
    let expected = r#"{"oauth2":{"access_token":"old-access","refresh_token":"old-refresh","expires_at":"2023-11-14T22:13:20Z","scope":"read write","raw":"{\"access_token\":\"old-access\",\"instance\":\"eu5\"}","client":{"id":"c","secret":"s"}}}"#;
    assert_eq!(String::from_utf8_lossy(text.expose()), expected);
}

#[test]
fn fields_that_a_later_release_adds_are_stepped_over() {
    let text = br#"{"oauth2":{"access_token":"a","raw":"{}","later":{"x":1}}}"#;
    let Credential::OAuth2(tokens) = read(text) else { panic!("it is an OAuth 2 credential") };
    assert_eq!(given::shown(&tokens), "access=a refresh=- left=- scope=-");
}

#[test]
fn what_is_no_credential_is_refused_without_being_quoted() {
    let hostile: [&[u8]; 6] = [
        b"",
        b"{}",
        b"null",
        b"swordfish",
        br#"{"oauth2":{"access_token":7}}"#,
        br#"{"ssh":{"key":"swordfish"}}"#,
    ];
    for text in hostile {
        let error = Credential::from_seal_text(text).err().unwrap();
        assert_eq!(error.to_string(), "the stored credential cannot be read");
    }
}
