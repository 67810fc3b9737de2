use askama::Template as _;
use engine::Refusal;
use model::IssueCode;

use super::*;
use crate::connect::sample;

fn first(form: &Form) -> String {
    FormPage::new(&sample::errand(), form, false).render().expect("the page renders")
}

fn again(form: &Form, entered: &[(&str, &str)], error: Error) -> String {
    let entered = entered.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let trouble = Trouble::from_error(error).expect("an error that comes back to the form");
    FormPage::new(&sample::errand(), form, false)
        .after(&entered, &trouble)
        .render()
        .expect("the page renders")
}

#[test]
fn the_page_says_who_gets_what() {
    let html = first(&sample::redirect());
    assert!(html.contains("Connect Salesforce to Acme"), "{html}");
    assert!(html.contains("Continue to Salesforce"), "{html}");
    assert!(html.contains("Mira Okafor"), "{html}");
}

#[test]
fn an_app_without_a_name_is_not_named() {
    let errand = Errand { app: None, ..sample::errand() };
    let html = FormPage::new(&errand, &sample::redirect(), false).render().expect("the page renders");
    assert!(html.contains("<h1>Connect Salesforce</h1>"), "{html}");
    assert!(!html.contains("Acme"), "{html}");
}

#[test]
fn authorizing_again_is_called_so() {
    let errand = Errand { again: true, ..sample::errand() };
    let html = FormPage::new(&errand, &sample::api_key(), false).render().expect("the page renders");
    assert!(html.contains("Reconnect Datadog to Acme") && html.contains("Verify and reconnect"), "{html}");
}

fn guided(form: &Form) -> FormPage<'_> {
    let guide =
        Guide { operators: "1. Register.", end_users: "1. Open **Keys**.\n\nNote: Once <b>only</b>." };
    FormPage::new(&sample::errand(), form, false).with_guide(Some(guide))
}

#[test]
fn the_guide_opens_in_place_and_tells_end_users_only_their_part() {
    let html = guided(&sample::api_key()).render().expect("the page renders");
    let expected = "<summary>Where do I find this?</summary>\n<div class=\"unfolded\">\n\
        <ol>\n<li>Open <strong>Keys</strong>.</li>\n</ol>\n<p>Note: Once &lt;b&gt;only&lt;/b&gt;.</p>\n</div>";
    assert!(html.contains(expected), "{html}");
    assert!(html.contains("<details class=\"guide\">") && !html.contains("Register"), "{html}");
    // The steps stand in place of the link to the vendor's page.
    assert!(!html.contains("docs.acme.example"), "{html}");
    assert!(first(&sample::api_key()).contains("docs.acme.example"));
}

#[test]
fn the_guide_of_a_form_without_fields_says_what_to_do_at_the_provider() {
    let html = guided(&sample::redirect()).render().expect("the page renders");
    assert!(html.contains("<summary>What do I do at Salesforce?</summary>"), "{html}");
}

#[test]
fn after_something_went_wrong_the_guide_stands_open() {
    let refusal = Refusal { rule: Rule::CredentialRejected, message: "no".to_owned() };
    let trouble = Trouble::from_error(Error::Refused(refusal)).expect("an error that comes back to the form");
    let form = sample::api_key();
    let html = guided(&form).after(&BTreeMap::new(), &trouble).render().expect("the page renders");
    assert!(html.contains("<details class=\"guide\" open>"), "{html}");
}

#[test]
fn what_the_provider_needs_first_can_be_copied() {
    let mut form = sample::form("aws", "AWS", Scheme::Role, Vec::new());
    form.shown.push(engine::Shown {
        label: "External ID".to_owned(),
        value: "6f1c1d0e".to_owned(),
        help: "Put it into the trust policy.".to_owned(),
    });
    let html = first(&form);
    assert!(html.contains(r#"value="6f1c1d0e" readonly"#), "{html}");
    assert!(!html.contains(r#"name="shown"#), "it is not sent back: {html}");
}

#[test]
fn every_kind_of_field_has_its_control() {
    let html = first(&sample::every_field());
    for part in [
        r#"type="password""#,
        r#"type="email""#,
        r#"inputmode="url""#,
        "<textarea",
        "<select",
        r#"<span class="affix">https://</span>"#,
        r#"<span class="affix">.my.salesforce.com</span>"#,
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
}

#[test]
fn wrong_fields_are_marked_and_keep_what_was_entered_except_secrets() {
    let issue = Issue::new(IssueCode::InvalidFormat, ["site"], "choose one of the sites");
    let entered = [("apiKey", "swordfish"), ("label", "Main account"), ("site", "nowhere")];
    let html = again(&sample::api_key(), &entered, Error::Invalid(vec![issue]));
    assert!(html.contains("Choose one of the sites"), "{html}");
    assert!(html.contains(r#"aria-invalid="true""#) && html.contains("autofocus"), "{html}");
    assert!(html.contains("One field needs another look."), "{html}");
    assert!(html.contains(r#"value="Main account""#), "{html}");
    assert!(!html.contains("swordfish"), "{html}");
}

#[test]
fn a_problem_of_no_field_is_told_above_the_form() {
    let issue = Issue::new(IssueCode::Custom, ["elsewhere"], "the account is suspended");
    let html = again(&sample::api_key(), &[], Error::Invalid(vec![issue]));
    assert!(html.contains("The account is suspended"), "{html}");
}

#[test]
fn a_credential_that_was_not_accepted_can_be_entered_again() {
    let message = "Datadog did not accept this key. Check that all of it was copied.".to_owned();
    let refusal = Refusal { rule: Rule::CredentialRejected, message };
    let html = again(&sample::api_key(), &[], Error::Refused(refusal));
    assert!(html.contains("Datadog did not accept this key"), "{html}");
}

#[test]
fn faults_of_ours_do_not_come_back_to_the_form() {
    assert!(Trouble::from_error(Error::Internal).is_err());
    assert!(Trouble::from_error(Error::Unavailable).is_err());
}

#[test]
fn hostile_values_are_escaped_everywhere() {
    let hostile = sample::HOSTILE;
    let mut form = sample::every_field();
    form.title = hostile.to_owned();
    form.provider = hostile.to_owned();
    form.docs = Some("javascript:alert(1)".to_owned());
    form.scopes = vec![hostile.to_owned()];
    for field in &mut form.fields {
        field.name = hostile.to_owned();
        field.label = hostile.to_owned();
        field.help = Some(hostile.to_owned());
        field.example = Some(hostile.to_owned());
        field.prefix = Some(hostile.to_owned());
        field.suffix = Some(hostile.to_owned());
        field.choices = vec![hostile.to_owned()];
        field.value = Some(hostile.to_owned());
    }
    let errand = Errand { app: Some(hostile), person: Some(hostile), ..sample::errand() };
    let page = FormPage::new(&errand, &form, true).render().expect("the page renders");
    assert!(!page.contains("<img src=x") && !page.contains("javascript:"), "{page}");
    let issue = Issue::new(IssueCode::Custom, [hostile], hostile);
    let page = again(&form, &[(hostile, hostile)], Error::Invalid(vec![issue]));
    assert!(!page.contains("<img src=x"), "{page}");
}

#[test]
fn only_url_encoded_forms_are_read() {
    let typed = |text: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, text.parse().expect("a constant media type"));
        is_urlencoded(&headers)
    };
    assert!(typed("application/x-www-form-urlencoded; charset=utf-8"));
    assert!(!typed("text/plain"));
    assert!(!typed("multipart/form-data; boundary=x"));
    assert!(!is_urlencoded(&HeaderMap::new()));
}

#[test]
fn the_policy_follows_the_scheme() {
    let policy = |form: &Form| {
        let response = FormPage::new(&sample::errand(), form, false).respond(StatusCode::OK);
        response.headers()["content-security-policy"].to_str().expect("a plain header").to_owned()
    };
    assert!(policy(&sample::redirect()).contains("form-action 'self' https:;"));
    assert!(policy(&sample::api_key()).contains("form-action 'self';"));
}
