//! Planted mistakes: each is found, on its line, in words that help.

/// A provider without mistakes, from line 1.
const OAUTH2: &str = r#"name = "Planted"
auth = "oauth2"
category = "crm"
sources = ["https://planted.example/docs"]
[authorization]
url = "https://{connection.tenant}.planted.example/authorize"
[token]
url = "https://{connection.tenant}.planted.example/token"
[api]
base_url = "https://{connection.tenant}.planted.example"
[[inputs.connection]]
name = "tenant"
label = "Tenant"
pattern = "^[a-z]+$"
"#;

const API_KEY: &str = r#"name = "Planted"
auth = "api_key"
category = "crm"
sources = ["https://planted.example/docs"]
[api]
base_url = "https://api.planted.example"
auth = "custom"
[api.headers]
authorization = "Bearer {credential.api_key}"
"#;

/// Swaps one text of a file for another; the file must hold it.
fn with(file: &str, from: &str, to: &str) -> String {
    assert!(file.contains(from), "{from}");
    file.replacen(from, to, 1)
}

/// Asserts that linting finds exactly this, at this line.
fn finds(text: &str, line: usize, message: &str) {
    let problems = crate::problems(&[("planted", text)]);
    let found = problems.iter().any(|problem| problem.line == line && problem.message.contains(message));
    let said: Vec<String> =
        problems.iter().map(|problem| format!("{}: {}", problem.line, problem.message)).collect();
    assert!(found, "expected {line}: {message}\nfound {said:#?}\nin\n{text}");
    assert_eq!(problems.len(), 1, "more than planted: {said:#?}\nin\n{text}");
    assert!(problems[0].file.ends_with("planted.toml"));
}

#[test]
fn the_unspoilt_files_are_clean() {
    assert_eq!(crate::problems(&[("oauth2", OAUTH2), ("key", API_KEY)]), []);
}

#[test]
fn mistakes_of_form_are_found() {
    finds(&with(OAUTH2, "auth = \"oauth2\"", "auth = "), 2, "not TOML");
    finds(
        &with(OAUTH2, "[token]\n", "[token]\nnonce = 1\n"),
        8,
        "unknown field `nonce`, expected one of `url`",
    );
    finds(&with(OAUTH2, "\"crm\"", "\"cars\""), 3, "unknown variant `cars`, expected one of `accounting`");
    finds(&with(OAUTH2, "name = \"Planted\"\n", ""), 1, "missing field `name`");
    finds(&with(OAUTH2, "label = \"Tenant\"\n", ""), 11, "missing field `label`");
    finds(&with(OAUTH2, "\"^[a-z]+$\"", "7"), 14, "invalid type: integer `7`, expected a string");
    finds(&with(OAUTH2, "name", "slug = \"planted\"\nname"), 1, "the slug is the file name");
}

#[test]
fn a_slug_is_kebab_case() {
    let problems = crate::problems(&[("Not_Kebab", OAUTH2)]);
    assert!(problems[0].message.contains("`Not_Kebab` is not kebab case"), "{problems:?}");
}

#[test]
fn mistakes_in_placeholders_are_found() {
    let url = "https://{connection.tenant}.planted.example/token";
    finds(
        &with(OAUTH2, url, "https://{conection.tenant}.x.example"),
        8,
        "unknown placeholder `{conection.tenant}`",
    );
    finds(
        &with(OAUTH2, url, "https://{connection.tenent}.x.example"),
        8,
        "names nothing; known here: tenant",
    );
    finds(&with(OAUTH2, url, "https://x.example/{integration.a}"), 8, "`{integration.a}` names nothing");
    finds(&with(OAUTH2, url, "https://x.example/{credential.a}"), 8, "names nothing; known here: none");
    finds(&with(OAUTH2, url, "https://x.example/{token.response.a}"), 8, "is not available in token.url");
    finds(
        &with(OAUTH2, "[token]\n", "[token]\nparams = { a = \"{token.refresh}\" }\n"),
        8,
        "is not available in token.params.a",
    );
    finds(
        &with(OAUTH2, "[api]\n", "[api]\nheaders = { a = \"{token.refresh}\" }\n"),
        10,
        "is not available in api.headers.a",
    );
    finds(&with(API_KEY, "{credential.api_key}", "{credential.username}"), 9, "known here: api_key");
    finds(
        &with(API_KEY, "{credential.api_key}", "{token.access}"),
        9,
        "is not available in api.headers.authorization",
    );
    finds(
        &with(API_KEY, "{credential.api_key}", "{app.client_id}"),
        9,
        "is not available in api.headers.authorization",
    );
    let captured = format!("{OAUTH2}[captures.token_response]\nplace = \"place\"\n");
    finds(
        &with(&captured, url, "https://{connection.place}.x.example"),
        8,
        "is filled only after the connection is made",
    );
}

#[test]
fn secrets_in_urls_are_found() {
    let url = "https://{connection.tenant}.planted.example/token";
    finds(
        &with(OAUTH2, url, "https://x.example/?s={app.client_secret}"),
        8,
        "is a secret and must not stand in a URL",
    );
    finds(
        &with(API_KEY, "planted.example\"\n", "planted.example/{credential.api_key}\"\n"),
        6,
        "is a secret",
    );
    finds(
        &with(OAUTH2, "planted.example\"\n[[", "planted.example/{token.response.id_token}\"\n[["),
        10,
        "is a secret",
    );
    let query = "[api]\nquery = { key = \"{token.access}\" }\n";
    finds(&with(OAUTH2, "[api]\n", query), 10, "`{token.access}` is a secret");
    let secret = with(OAUTH2, "label = \"Tenant\"\n", "label = \"Tenant\"\nsecret = true\n");
    let once = secret.replace("{connection.tenant}.planted", "planted");
    finds(&with(&once, "example/token", "example/{connection.tenant}"), 8, "is a secret");
}

#[test]
fn unreachable_alternatives_are_found() {
    let url = "\"https://{connection.tenant}.planted.example/token\"";
    let list = "[\n\"https://{connection.tenant}.x.example/\",\n\"https://x.example/\"]";
    finds(&with(OAUTH2, url, list), 10, "never reached");
    finds(&with(OAUTH2, url, "[\n\"https://x.example/\",\n\"https://y.example/\"]"), 10, "never reached");
}

#[test]
fn mistakes_in_urls_are_found() {
    let url = "https://{connection.tenant}.planted.example/token";
    finds(&with(OAUTH2, url, "http://x.example/token"), 8, "begins with https://");
    finds(&with(OAUTH2, url, "x.example/token"), 8, "begins with https://");
    finds(&with(OAUTH2, url, "/token"), 8, "write the whole URL");
    finds(&with(OAUTH2, url, "https://user@x.example/token"), 8, "it has a user name");
    finds(&with(OAUTH2, url, "https://x.example/token#top"), 8, "it has a fragment");
    finds(&with(OAUTH2, url, "https://x y.example/token"), 8, "filled with sample values it is refused");
    finds(&with(OAUTH2, url, "https://x.example:{connection.tenant}/"), 8, "stands in the port");
    finds(
        &with(OAUTH2, url, "https://{connection.tenant}planted.example/"),
        8,
        "must be a dot and a whole domain",
    );
    finds(&with(OAUTH2, url, "https://{connection.tenant}.example/"), 8, "must be a dot and a whole domain");
    finds(&with(OAUTH2, url, "{connection.tenant}/token"), 8, "must be an input of kind \"url\"");
    finds(&with(OAUTH2, "category", "docs = \"planted.example\"\ncategory"), 3, "not an https URL");
}

#[test]
fn open_hosts_are_found_where_the_input_allows_anything() {
    let open = with(OAUTH2, "pattern = \"^[a-z]+$\"\n", "").replace("{connection.tenant}.planted", "planted");
    let host =
        with(&open, "https://planted.example/token", "https://{connection.tenant}.planted.example/token");
    finds(&host, 8, "open host: `{connection.tenant}` needs a pattern");
    let base = with(&open, "https://planted.example/token", "{connection.tenant}/token");
    finds(&base, 8, "open host: `{connection.tenant}` stands first");
}

#[test]
fn mistakes_in_inputs_are_found() {
    let pattern = "pattern = \"^[a-z]+$\"";
    let anchored = "begin with ^, end with $";
    finds(&with(OAUTH2, pattern, "pattern = \"[a-z]+\""), 14, anchored);
    finds(&with(OAUTH2, pattern, "pattern = \"^a|b$\""), 14, anchored);
    finds(&with(OAUTH2, pattern, "pattern = \"^[a-z$\""), 14, "the pattern does not compile");
    finds(&with(OAUTH2, pattern, "pattern = \"^(?=a)a$\""), 14, "look-around is not allowed");
    finds(&with(OAUTH2, pattern, "pattern = \"^a{999999}$\""), 14, "the pattern does not compile");
    finds(&format!("{OAUTH2}default = \"A1\"\n"), 15, "the default does not match the pattern");
    finds(&format!("{OAUTH2}example = \"A1\"\n"), 15, "the example does not match the pattern");
    finds(&format!("{OAUTH2}kind = \"enum\"\nenum = [\"a\", \"B\"]\n"), 16, "the choice `B` does not match");
    finds(&format!("{OAUTH2}kind = \"enum\"\n"), 11, "has no `enum` choices");
    finds(&format!("{OAUTH2}enum = [\"a\"]\n"), 15, "is not of kind \"enum\"");
    finds(
        &format!("{OAUTH2}kind = \"enum\"\nenum = [\"a\"]\ndefault = \"b\"\n"),
        17,
        "not one of the choices",
    );
    finds(&format!("{OAUTH2}wire = \"tenant\"\n"), 15, "only when it differs");
    finds(&with(OAUTH2, "\"Tenant\"", "\" \""), 13, "the label is empty");
    finds(
        &format!("{OAUTH2}[[inputs.connection]]\nname = \"tenant\"\nlabel = \"B\"\n"),
        16,
        "declared twice",
    );
    finds(
        &format!("{OAUTH2}[[inputs.connection]]\nname = \"camelCase\"\nlabel = \"B\"\n"),
        16,
        "is not snake case",
    );
    finds(
        &format!("{OAUTH2}[[inputs.integration]]\nname = \"idle\"\nlabel = \"B\"\n"),
        16,
        "used by no template",
    );
}

#[test]
fn missing_and_superfluous_sections_are_found() {
    let without_token =
        OAUTH2.lines().filter(|line| *line != "[token]" && !line.contains("/token\"")).collect::<Vec<_>>();
    finds(&without_token.join("\n"), 1, "auth = \"oauth2\" needs [token]");
    finds(&with(API_KEY, "base_url = \"https://api.planted.example\"\n", ""), 5, "needs api.base_url");
    finds(&format!("{API_KEY}[token]\nurl = \"https://x.example/\"\n"), 10, "does not use [token]");
    finds(&with(API_KEY, "auth = \"custom\"\n", ""), 5, "does not go with auth = \"api_key\"");
    finds(
        &with(API_KEY, "Bearer {credential.api_key}", "none"),
        7,
        "needs a header, query parameter or body",
    );
    finds(
        &with(OAUTH2, "sources = [\"https://planted.example/docs\"]\n", ""),
        1,
        "where the facts come from",
    );
    finds(
        &with(OAUTH2, "sources = [\"https://planted.example/docs\"]", "sources = []"),
        4,
        "where the facts come from",
    );
    finds(&with(OAUTH2, "category", "exclusive_by = [\"nobody\"]\ncategory"), 3, "`nobody` is neither");
}

#[test]
fn reserved_parameters_are_found() {
    for name in [
        "state",
        "redirect_uri",
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "scope",
        "response_type",
    ] {
        let params = format!("[authorization]\nparams = {{ {name} = \"x\" }}\n");
        finds(&with(OAUTH2, "[authorization]\n", &params), 6, &format!("`{name}` is reserved"));
    }
}

#[test]
fn renamed_and_omitted_parameters_are_standard_ones() {
    let rename = "[authorization]\nrename = { client = \"app_id\" }\n";
    finds(&with(OAUTH2, "[authorization]\n", rename), 6, "`client` is no standard parameter here");
    finds(&with(OAUTH2, "[token]\n", "[token]\nomit = [\"state\"]\n"), 8, "`state` is no standard parameter");
    let refresh = "[refresh]\nomit = [\"id\"]\n[api]\n";
    finds(&with(OAUTH2, "[api]\n", refresh), 10, "`id` is no standard parameter");
}

#[test]
fn placeholders_are_found_before_they_have_a_value() {
    for (name, place) in [
        ("jwt", "[token]\nparams = { a = \"{jwt}\" }\n"),
        ("step.1.a", "[token]\nparams = { a = \"{step.1.a}\" }\n"),
        ("answer.id", "[token]\nparams = { a = \"{answer.id}\" }\n"),
        ("request.body", "[token]\nparams = { a = \"{request.body}\" }\n"),
        ("token.claims.tid", "[token]\nparams = { a = \"{token.claims.tid}\" }\n"),
    ] {
        finds(&with(OAUTH2, "[token]\n", place), 8, &format!("`{{{name}}}` is not available"));
    }
    finds(&with(OAUTH2, "[token]\n", "[token]\nparams = { a = \"{one_time.key}\" }\n"), 8, "names nothing");
    let callback = with(OAUTH2, "[token]\n", "[token]\nparams = { a = \"{callback.state}\" }\n");
    assert_eq!(crate::problems(&[("planted", &callback)]), []);
}

#[test]
fn a_login_step_reads_only_earlier_answers() {
    let login = r#"name = "Planted"
auth = "two_step"
category = "crm"
sources = ["https://planted.example/docs"]
[[login.steps]]
url = "https://planted.example/a"
[[login.steps]]
url = "https://planted.example/b"
body = { form = { ticket = "{step.1.ticket}" } }
"#;
    assert_eq!(crate::problems(&[("planted", login)]), []);
    finds(&with(login, "{step.1.ticket}", "{step.2.ticket}"), 9, "`{step.2.ticket}` is not available");
    finds(
        &with(
            login,
            "[[login.steps]]\nurl = \"https://planted.example/a\"",
            "[jwt]\nalgorithm = \"RS256\"\nkey = \"k\"\nlifetime_s = 1\nclaims = { a = [\"{step.1.a}\"] }\n[[login.steps]]\nurl = \"https://planted.example/a\"",
        ),
        9,
        "`{step.1.a}` is not available",
    );
}

#[test]
fn mistakes_in_what_is_read_from_answers_are_found() {
    let api = |more: &str| with(OAUTH2, "[[inputs", &format!("{more}\n[[inputs"));
    finds(&api("[api.retry]\nstatuses = [\"often\"]"), 12, "a status is a number");
    finds(&api("[api.retry]\ndelay_headers = [\"Retry-After\"]"), 12, "not a header name in lower case");
    let body = "[api.retry.body]\npath = \"a\"\npattern = \"wait .*\"\nmeans = \"delay\"";
    finds(&api(body), 13, "has a group");
    finds(&api("[api.pagination]\nkind = \"cursor\""), 11, "needs cursor_param and next_cursor_path");
    finds(&api("[verify]\nurl = \"/me\"\nexpect = { equals = \"a\" }"), 13, "speak of the value at `path`");
    finds(&api("[identity]\nurl = \"/me\""), 11, "needs name_path or id_path");
    finds(&api("[[after_connect]]"), 11, "a step calls, sets or erases something");
    finds(&api("[[after_connect]]\nerases = [\"nothing\"]"), 12, "there is no connection field `nothing`");
    let choose = "[[after_connect]]\nurl = \"/me\"\nchoose = { path = \"a\" }";
    finds(&api(choose), 13, "`path` and `equals` belong together");
    finds(&api("[webhook]\nmatch_field = \"team\""), 12, "there is no connection field `team`");
    let second = "[second_token]\nfield = \"tenant\"\nurl = \"https://a.example/\"\ngrant = \"refresh_token\"\nscope = \"a\"";
    finds(&api(second), 12, "automated and secret");
    finds(&with(OAUTH2, "[api]\n", "response = { wrapper = \"a..b\" }\n[api]\n"), 9, "not a dotted path");
}

#[test]
fn inputs_that_cannot_be_shown_or_filled_are_found() {
    let input = |more: &str| with(OAUTH2, "label = \"Tenant\"\n", &format!("label = \"Tenant\"\n{more}\n"));
    finds(&input("hidden = true"), 11, "so it needs a `default`");
    finds(&input("visible_when = { plan = \"pro\" }"), 14, "no input `plan` of this group can be `pro`");
    finds(&input("discouraged = [\"a\"]"), 14, "`a` is not one of the choices");
}

#[test]
fn mistakes_of_wording_are_found() {
    finds(&with(API_KEY, "authorization =", "Authorization ="), 9, "not a header name in lower case");
    finds(&with(API_KEY, "authorization =", "\"a b\" ="), 9, "not a header name");
    finds(&with(API_KEY, "authorization =", "host = \"x\"\nauthorization ="), 9, "belongs to the HTTP layer");
    finds(&with(API_KEY, "Bearer {", "Bearer\\r\\n{"), 9, "must not hold line breaks");
    finds(&format!("{OAUTH2}[scopes]\ndefault = [\"a b\"]\n"), 16, "a scope is one word");
    finds(&format!("{OAUTH2}[captures.token_response]\nplace = \"a..b\"\n"), 16, "is not a dotted path");
    finds(
        &format!("{OAUTH2}[captures.callback]\nrealmId = \"realmId\"\n"),
        16,
        "`realmId` is not snake case",
    );
}

#[test]
fn mistakes_of_lifecycle_are_found() {
    for reuse in ["sometimes", "grace", "grace:", "grace:0", "grace:-1", "grace:soon"] {
        finds(&format!("{OAUTH2}[lifecycle]\nreuse = \"{reuse}\"\n"), 16, "reuse is \"allowed\"");
    }
    for day in ["2026-13-01", "2026-1-01", "yesterday", "2026-01-32"] {
        finds(&format!("{OAUTH2}[lifecycle]\nchecked = \"{day}\"\n"), 16, "YYYY-MM-DD");
    }
    let promised = "[authorization]\niss_in_response = true\n";
    finds(&with(OAUTH2, "[authorization]\n", promised), 6, "iss_in_response needs `issuer`");
}

#[test]
fn mistakes_of_inheritance_are_found() {
    finds("extends = \"nobody\"\n", 1, "`nobody` is not a provider that can be extended");
    finds("extends = \"github\"\nremove = [\"api.colour\"]\n", 2, "`api.colour` is not in `github`");
    finds("extends = \"github\"\nremove = \"api\"\n", 2, "`remove` is a list");
    finds("extends = 1\n", 1, "`extends` is the name of one provider");
    finds(&with(OAUTH2, "category", "remove = [\"api\"]\ncategory"), 3, "`remove` needs `extends`");
}

#[test]
fn a_chain_of_families_is_refused() {
    let files = [("head", OAUTH2), ("middle", "extends = \"head\"\n"), ("planted", "extends = \"middle\"\n")];
    let problems = crate::problems(&files);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("one level only"), "{problems:?}");
}

#[test]
fn an_inherited_mistake_points_into_the_head() {
    let member = "extends = \"head\"\nremove = [\"inputs\"]\n[authorization]\nurl = \"https://x.example/a\"\n[api]\nbase_url = \"https://x.example\"\n";
    let problems = crate::problems(&[("head", OAUTH2), ("member", member)]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].file.ends_with("head.toml"));
    assert_eq!(problems[0].line, 8);
    assert!(problems[0].message.ends_with("(as inherited by member)"), "{problems:?}");
}
