//! Mistakes of inheritance.

use super::{Mistake, OAUTH2, with};

pub(super) fn mistakes() -> Vec<Mistake> {
    vec![
        ("a head that is not there", "extends = \"nobody\"\n".to_owned()),
        ("a head that is itself", "extends = \"planted\"\n".to_owned()),
        ("a head that is a number", "extends = 1\n".to_owned()),
        (
            "a mistake beside a head",
            "extends = \"google-mail\"\n[api]\nbase_url = \"http://x.example\"\n".to_owned(),
        ),
        ("nothing to remove", "extends = \"github\"\nremove = [\"api.colour\"]\n".to_owned()),
        ("something to remove that is no list", "extends = \"github\"\nremove = \"api\"\n".to_owned()),
        ("nothing to remove from", with(OAUTH2, "category", "remove = [\"api\"]\ncategory")),
    ]
}

#[test]
fn mistakes_of_inheritance_are_found() {
    insta::assert_snapshot!(super::said(&mistakes()), @r#"
    a head that is not there
        planted.toml:1: `nobody` is not a provider that can be extended
    a head that is itself
        planted.toml:1: `planted` is not a provider that can be extended
    a head that is a number
        planted.toml:1: `extends` is the name of one provider
    a mistake beside a head
        planted.toml:3: a URL begins with https://
    nothing to remove
        planted.toml:2: `api.colour` is not in `github`
    something to remove that is no list
        planted.toml:2: `remove` is a list of dotted paths, such as ["api.headers"]
    nothing to remove from
        planted.toml:3: `remove` needs `extends`: there is nothing to remove from
    "#);
}

#[test]
fn a_chain_of_families_is_refused() {
    let files = [("head", OAUTH2), ("middle", "extends = \"head\"\n"), ("planted", "extends = \"middle\"\n")];
    let problems = crate::problems(&files);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("one level only"), "{problems:?}");
}

#[test]
fn a_circle_of_families_is_refused_in_each_file() {
    let problems = crate::problems(&[("one", "extends = \"two\"\n"), ("two", "extends = \"one\"\n")]);
    let said: Vec<String> =
        problems.iter().map(|problem| format!("{}: {}", problem.line, problem.message)).collect();
    assert_eq!(
        said,
        [
            "1: `two` extends another provider itself; one level only",
            "1: `one` extends another provider itself; one level only"
        ]
    );
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
