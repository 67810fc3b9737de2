//! What the form says. The words depend on how one signs in and on whether the app has a name.

use engine::{Form, Scheme};

use crate::connect::visitor::Errand;

/// The sentences of one form.
pub(crate) struct Words {
    /// Who gets what.
    pub(crate) heading: String,
    /// What will happen, in one sentence.
    pub(crate) lede: String,
    /// The act.
    pub(crate) button: String,
    /// The act while it happens.
    pub(crate) busy: String,
    /// How the credential is kept.
    pub(crate) kept: String,
    /// How the access ends.
    pub(crate) ending: String,
}

impl Words {
    /// The words for a form.
    pub(crate) fn new(form: &Form, errand: &Errand<'_>) -> Self {
        let app = errand.app;
        let title = &form.title;
        let to_app = app.map_or_else(String::new, |app| format!(" to {app}"));
        let verb = if errand.again { "Reconnect" } else { "Connect" };
        let busy = match form.scheme {
            Scheme::Redirect => format!("Opening {title}…"),
            Scheme::Device => "Asking for a code…".to_owned(),
            Scheme::ApiKey
            | Scheme::Basic
            | Scheme::ClientCredentials
            | Scheme::TokenPair
            | Scheme::Login
            | Scheme::SigningKey
            | Scheme::Role
            | Scheme::None => "Verifying…".to_owned(),
        };
        Self {
            heading: format!("{verb} {title}{to_app}"),
            lede: lede(form, app),
            button: match form.scheme {
                Scheme::Redirect => format!("Continue to {title}"),
                Scheme::Device => "Show the code".to_owned(),
                Scheme::ApiKey
                | Scheme::Basic
                | Scheme::ClientCredentials
                | Scheme::TokenPair
                | Scheme::Login
                | Scheme::SigningKey
                | Scheme::Role => format!("Verify and {}", verb.to_lowercase()),
                Scheme::None => verb.to_owned(),
            },
            busy,
            kept: kept(form, app),
            ending: match app {
                Some(app) => format!("You can end the access at any time, in {app} or at {title}."),
                None => format!("You can end the access at any time at {title}."),
            },
        }
    }
}

fn lede(form: &Form, app: Option<&str>) -> String {
    let title = &form.title;
    let someone = app.unwrap_or("The app");
    match form.scheme {
        Scheme::Redirect if form.fields.is_empty() => match app {
            Some(app) => format!("You sign in at {title} and decide there what {app} may do."),
            None => format!("You sign in at {title} and decide there what is allowed."),
        },
        Scheme::Device => {
            format!("You get a code here, type it in at {title} on any device, and agree there.")
        }
        Scheme::Redirect => format!("Say which account you mean. You then sign in at {title} itself."),
        Scheme::ApiKey => format!("{someone} will use your key to reach your {title} account."),
        Scheme::TokenPair => format!("{someone} will use this token to reach your {title} account."),
        Scheme::SigningKey => {
            format!("{someone} will sign with your key to reach your {title} account.")
        }
        Scheme::Role => format!("{someone} will use this role to reach your {title} account."),
        Scheme::Basic | Scheme::Login => {
            format!("{someone} will use this sign-in to reach your {title} account.")
        }
        Scheme::ClientCredentials => {
            format!("{someone} will use these credentials to reach your {title} account.")
        }
        Scheme::None => format!("{title} needs no sign-in. {someone} can use it as soon as you connect."),
    }
}

fn kept(form: &Form, app: Option<&str>) -> String {
    let title = &form.title;
    let someone = app.unwrap_or("the app");
    match form.scheme {
        Scheme::Redirect | Scheme::Device => format!(
            "Your password stays between you and {title}. The access that {title} grants is encrypted before it is \
             stored, and only {someone} can use it."
        ),
        Scheme::Role => format!(
            "Your role gives keys that end after an hour. They are encrypted before they are stored, and only {someone} \
             can use them."
        ),
        Scheme::ApiKey
        | Scheme::Basic
        | Scheme::ClientCredentials
        | Scheme::TokenPair
        | Scheme::Login
        | Scheme::SigningKey => format!(
            "What you enter is encrypted before it is stored and is not shown on this page again. Only {someone} can \
             use it."
        ),
        Scheme::None => "There is nothing secret to keep.".to_owned(),
    }
}
