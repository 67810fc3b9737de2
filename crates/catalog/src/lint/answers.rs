//! What is read from answers and notifications: retries, pages, look-ups, checks, webhooks, second tokens.

use regex::Regex;

use super::Findings;
use super::placeholders::connection_fields;
use super::wording::header_name;
use crate::provider::{PaginationKind, Provider};
use crate::template::{is_name, is_path};

/// Checks the sections that read answers.
pub(super) fn check(provider: &Provider, findings: &mut Findings) {
    retry(provider, findings);
    pagination(provider, findings);
    checks(provider, findings);
    after_connect(provider, findings);
    webhook(provider, findings);
    second_token(provider, findings);
    for path in token_paths(provider) {
        dotted(&path.0, path.1, findings);
    }
}

fn dotted(at: &str, path: Option<&String>, findings: &mut Findings) {
    if path.is_some_and(|path| !is_path(path)) {
        findings.add(at, "not a dotted path into the answer");
    }
}

fn retry(provider: &Provider, findings: &mut Findings) {
    let Some(retry) = &provider.api.retry else { return };
    let listed = [("delay_headers", &retry.delay_headers), ("reset_headers", &retry.reset_headers)];
    for (key, headers) in listed {
        for (index, name) in headers.iter().enumerate() {
            header_name(&format!("api.retry.{key}.{index}"), name, findings);
        }
    }
    if let Some(name) = &retry.remaining_header {
        header_name("api.retry.remaining_header", name, findings);
    }
    for (index, status) in retry.statuses.iter().enumerate() {
        let is_class = matches!(status.as_str(), "4xx" | "5xx");
        if !is_class && !status.parse::<u16>().is_ok_and(|status| (300..600).contains(&status)) {
            findings.add(
                format!("api.retry.statuses.{index}"),
                "a status is a number from 300 to 599, \"4xx\" or \"5xx\"",
            );
        }
    }
    if let Some(body) = &retry.body {
        dotted("api.retry.body.path", Some(&body.path), findings);
        let groups = Regex::new(&body.pattern).map(|pattern| pattern.captures_len());
        if !groups.is_ok_and(|groups| groups > 1) {
            findings.add("api.retry.body.pattern", "needs a pattern that compiles and has a group");
        }
    }
}

fn pagination(provider: &Provider, findings: &mut Findings) {
    let Some(pages) = &provider.api.pagination else { return };
    let (is_complete, needs) = match pages.kind {
        PaginationKind::Cursor => (
            pages.cursor_param.is_some() && pages.next_cursor_path.is_some(),
            "cursor_param and next_cursor_path",
        ),
        PaginationKind::Link => (
            pages.next_link_path.is_some() || pages.next_link_rel.is_some(),
            "next_link_path or next_link_rel",
        ),
        PaginationKind::Offset => (pages.offset_param.is_some(), "offset_param"),
    };
    if !is_complete {
        findings.add("api.pagination", format!("this kind of pagination needs {needs}"));
    }
    for (key, path) in [
        ("items_path", &pages.items_path),
        ("next_cursor_path", &pages.next_cursor_path),
        ("next_link_path", &pages.next_link_path),
    ] {
        dotted(&format!("api.pagination.{key}"), path.as_ref(), findings);
    }
}

fn checks(provider: &Provider, findings: &mut Findings) {
    if let Some(verify) = &provider.verify {
        let expect = &verify.expect;
        dotted("verify.expect.path", expect.path.as_ref(), findings);
        if expect.path.is_none() && (expect.equals.is_some() || expect.is.is_some()) {
            findings.add("verify.expect", "`equals` and `is` speak of the value at `path`");
        }
        let reject = verify.reject.as_ref();
        dotted("verify.reject.path", reject.and_then(|reject| reject.path.as_ref()), findings);
        if reject.is_some_and(|reject| reject.contains.is_empty()) {
            findings.add("verify.reject.contains", "every answer contains the empty text");
        }
    }
    if let Some(identity) = &provider.identity {
        dotted("identity.name_path", identity.name_path.as_ref(), findings);
        dotted("identity.id_path", identity.id_path.as_ref(), findings);
        if identity.name_path.is_none() && identity.id_path.is_none() {
            findings.add("identity", "an identity call needs name_path or id_path");
        }
    }
}

fn after_connect(provider: &Provider, findings: &mut Findings) {
    let fields = connection_fields(provider);
    for (index, step) in provider.after_connect.iter().enumerate() {
        let at = format!("after_connect.{index}");
        if step.url.is_none() && step.sets.is_empty() && step.erases.is_empty() {
            findings.add(&at, "a step calls, sets or erases something");
        }
        for field in step.sets.keys().filter(|field| !is_name(field)) {
            findings.add(format!("{at}.sets.{field}"), format!("`{field}` is not snake case"));
        }
        for (position, field) in step.erases.iter().enumerate() {
            if !fields.contains(&field.as_str()) {
                findings.add(
                    format!("{at}.erases.{position}"),
                    format!("there is no connection field `{field}`"),
                );
            }
        }
        let Some(choose) = &step.choose else { continue };
        dotted(&format!("{at}.choose.list"), choose.list.as_ref(), findings);
        dotted(&format!("{at}.choose.path"), choose.path.as_ref(), findings);
        if choose.path.is_some() != choose.equals.is_some() {
            findings.add(format!("{at}.choose"), "`path` and `equals` belong together");
        }
        if choose.path.is_none() && choose.otherwise.is_none() {
            findings.add(
                format!("{at}.choose"),
                "nothing is ever chosen: give `path` and `equals`, or `otherwise`",
            );
        }
    }
}

fn webhook(provider: &Provider, findings: &mut Findings) {
    let Some(webhook) = &provider.webhook else { return };
    let signature = webhook.signature.as_ref();
    let signed_in = signature.map(|signature| signature.headers.as_slice()).unwrap_or_default();
    for (key, headers) in [("signature.headers", signed_in), ("match_headers", &webhook.match_headers)] {
        for (index, name) in headers.iter().enumerate() {
            header_name(&format!("webhook.{key}.{index}"), name, findings);
        }
    }
    let bare = signature.and_then(|signature| signature.bare_secret_header.as_ref());
    for (key, name) in [("signature.bare_secret_header", bare), ("type_header", webhook.type_header.as_ref())]
    {
        if let Some(name) = name {
            header_name(&format!("webhook.{key}"), name, findings);
        }
    }
    for (key, paths) in [("type_paths", &webhook.type_paths), ("match_paths", &webhook.match_paths)] {
        for (index, path) in paths.iter().enumerate() {
            dotted(&format!("webhook.{key}.{index}"), Some(path), findings);
        }
    }
    dotted("webhook.handshake_path", webhook.handshake_path.as_ref(), findings);
    if let Some(field) = &webhook.match_field
        && !connection_fields(provider).contains(&field.as_str())
    {
        findings.add("webhook.match_field", format!("there is no connection field `{field}`"));
    }
}

fn second_token(provider: &Provider, findings: &mut Findings) {
    let Some(second) = &provider.second_token else { return };
    let mut inputs = provider.inputs.connection.iter();
    if !inputs.any(|input| input.name == second.field && input.automated && input.secret) {
        findings.add(
            "second_token.field",
            format!("`{}` must be a connection input that is automated and secret", second.field),
        );
    }
}

fn token_paths(provider: &Provider) -> Vec<(String, Option<&String>)> {
    let answers = [
        ("token", provider.token.as_ref().map(|token| &token.response)),
        ("login", provider.login.as_ref().map(|login| &login.response)),
    ];
    let mut paths = Vec::new();
    for (section, response) in answers {
        let Some(response) = response else { continue };
        for (key, path) in [
            ("access_token", &response.access_token),
            ("refresh_token", &response.refresh_token),
            ("expires_in", &response.expires_in),
            ("expires_at", &response.expires_at),
            ("wrapper", &response.wrapper),
            ("fallback_object", &response.fallback_object),
        ] {
            paths.push((format!("{section}.response.{key}"), path.as_ref()));
        }
    }
    if let Some(extension) = &provider.refresh.extends {
        paths.push(("refresh.extends.path".to_owned(), Some(&extension.path)));
    }
    let code = provider.plugin.as_ref().and_then(|plugin| plugin.code_path.as_ref());
    paths.push(("plugin.code_path".to_owned(), code));
    paths
}
