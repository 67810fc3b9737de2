//! Mistakes in what is read from answers and notifications.

use super::{Mistake, OAUTH2, section, with};

pub(super) fn mistakes() -> Vec<Mistake> {
    vec![
        ("a status that is none", section("[api.retry]\nstatuses = [\"often\"]")),
        ("a header in upper case", section("[api.retry]\ndelay_headers = [\"Retry-After\"]")),
        (
            "a delay without a group",
            section("[api.retry.body]\npath = \"a\"\npattern = \"wait .*\"\nmeans = \"delay\""),
        ),
        ("pages without a cursor", section("[api.pagination]\nkind = \"cursor\"")),
        ("pages without a link", section("[api.pagination]\nkind = \"link\"")),
        (
            "a path that is none",
            section("[api.pagination]\nkind = \"offset\"\noffset_param = \"page\"\nitems_path = \"a..b\""),
        ),
        ("a value at no path", section("[verify]\nurl = \"/me\"\nexpect = { equals = \"a\" }")),
        ("a status out of range", section("[verify]\nurl = \"/me\"\nexpect = { status = 99 }")),
        ("a refusal of everything", section("[verify]\nurl = \"/me\"\nreject = { contains = \"\" }")),
        ("an identity without a name", section("[identity]\nurl = \"/me\"")),
        ("a step that does nothing", section("[[after_connect]]")),
        ("a field erased that is none", section("[[after_connect]]\nerases = [\"nothing\"]")),
        ("a field set in camel case", section("[[after_connect]]\nsets = { cloudId = \"a\" }")),
        ("half a choice", section("[[after_connect]]\nurl = \"/me\"\nchoose = { path = \"a\" }")),
        ("a choice of nothing", section("[[after_connect]]\nurl = \"/me\"\nchoose = { list = \"a\" }")),
        ("a notification for no field", section("[webhook]\nmatch_field = \"team\"")),
        ("a notification's header in upper case", section("[webhook]\ntype_header = \"X-Event\"")),
        ("a wrapper at no path", with(OAUTH2, "[api]\n", "response = { wrapper = \"a..b\" }\n[api]\n")),
    ]
}

#[test]
fn mistakes_in_what_is_read_from_answers_are_found() {
    insta::assert_snapshot!(super::said(&mistakes()), @r#"
    a status that is none
        planted.toml:12: a status is a number from 300 to 599, "4xx" or "5xx"
    a header in upper case
        planted.toml:12: `Retry-After` is not a header name in lower case
    a delay without a group
        planted.toml:13: needs a pattern that compiles and has a group
    pages without a cursor
        planted.toml:11: this kind of pagination needs cursor_param and next_cursor_path
    pages without a link
        planted.toml:11: this kind of pagination needs next_link_path or next_link_rel
    a path that is none
        planted.toml:14: not a dotted path into the answer
    a value at no path
        planted.toml:13: `equals` and `is` speak of the value at `path`
    a status out of range
        planted.toml:13: a status is a number from 200 to 599
    a refusal of everything
        planted.toml:13: every answer contains the empty text
    an identity without a name
        planted.toml:11: an identity call needs name_path or id_path
    a step that does nothing
        planted.toml:11: a step calls, sets or erases something
    a field erased that is none
        planted.toml:12: there is no connection field `nothing`
    a field set in camel case
        planted.toml:12: `cloudId` is not snake case
    half a choice
        planted.toml:13: `path` and `equals` belong together
    a choice of nothing
        planted.toml:13: nothing is ever chosen: give `path` and `equals`, or `otherwise`
    a notification for no field
        planted.toml:12: there is no connection field `team`
    a notification's header in upper case
        planted.toml:12: `X-Event` is not a header name in lower case
    a wrapper at no path
        planted.toml:9: not a dotted path into the answer
    "#);
}
