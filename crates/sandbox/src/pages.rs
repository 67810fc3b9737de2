//! The few pages a person sees. The HTML stands beside this file; everything that is put into it is escaped here.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::options::Client;
use crate::state::Shared;

/// Somebody who has an account at the simulated provider.
pub(crate) struct Account {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) email: &'static str,
}

/// The accounts that can consent; the first is the usual one.
pub(crate) const ACCOUNTS: [Account; 3] = [
    Account { id: "mira", name: "Mira Okafor", email: "mira@sandbox.example" },
    Account { id: "jonas", name: "Jonas Lindqvist", email: "jonas@sandbox.example" },
    Account { id: "aiko", name: "Aiko Tanaka", email: "aiko@sandbox.example" },
];

/// The scopes that the metadata names, and what they mean. Others are granted too, and mean what they are called.
pub(crate) const SCOPES: [(&str, &str); 4] = [
    ("profile", "See your name and email address"),
    ("contacts.read", "See your contacts"),
    ("contacts.write", "Add and change contacts"),
    ("offline_access", "Keep access while you are away"),
];

/// The account with this id or email address.
pub(crate) fn account(hint: &str) -> Option<&'static Account> {
    ACCOUNTS.iter().find(|account| account.id == hint || account.email == hint)
}

/// `GET /`.
pub(crate) async fn home(State(shared): State<Arc<Shared>>) -> Response {
    let main = format!(include_str!("pages/home.html"), url = escape(&shared.url));
    page(StatusCode::OK, "Sandbox provider", &main)
}

/// `GET /style.css`.
pub(crate) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("pages/style.css")).into_response()
}

/// Asks whether `client` may have `scopes`; `request` is the authorization request's query, which the form carries along.
pub(crate) fn consent(client: &Client, scopes: &[String], preset: &Account, request: &str) -> Response {
    let mut accounts = String::new();
    for account in &ACCOUNTS {
        let selected = if account.id == preset.id { " selected" } else { "" };
        let (id, name, email) = (account.id, account.name, account.email);
        append(&mut accounts, format_args!("<option value=\"{id}\"{selected}>{name}, {email}</option>\n"));
    }
    let mut boxes = String::new();
    for scope in scopes {
        let meaning = SCOPES.iter().find(|(known, _)| known == scope).map_or("", |(_, meaning)| *meaning);
        let scope = escape(scope);
        append(&mut boxes, format_args!(include_str!("pages/scope.html"), scope = scope, meaning = meaning));
    }
    let main = format!(
        include_str!("pages/consent.html"),
        client = escape(&client.name),
        initial = escape(&client.name.chars().take(1).collect::<String>().to_uppercase()),
        accounts = accounts,
        scopes = boxes,
        request = escape(request),
    );
    page(StatusCode::OK, &format!("{} asks for access", client.name), &main)
}

/// Says to the person at the browser why there is no way on.
pub(crate) fn refusal(status: StatusCode, why: &str) -> Response {
    let main = format!(include_str!("pages/refusal.html"), why = escape(why));
    page(status, "This link does not work", &main)
}

fn page(status: StatusCode, title: &str, main: &str) -> Response {
    let html = format!(include_str!("pages/layout.html"), title = escape(title), main = main);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        // No form-action: a browser would apply it to the redirect that leads back to the app.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'self'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, html).into_response()
}

fn append(page: &mut String, part: std::fmt::Arguments<'_>) {
    page.write_fmt(part).expect("writing to a string cannot fail");
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_put_into_a_page_can_open_a_tag_or_leave_an_attribute() {
        assert_eq!(escape(r#"<a b='c' d="e">&"#), "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;");
    }
}
