//! The operator's own files, and inheritance.

use catalog::Catalog;

const OWN: &str = r#"
name = "Own"
auth = "api_key"
category = "generic"
sources = ["ourselves"]

[api]
base_url = "https://api.own.example"
auth = "custom"
headers = { x-key = "{credential.api_key}", x-kind = "plain" }
"#;

fn overlaid(files: &[(&str, &str)]) -> Catalog {
    Catalog::with_overlay(crate::directory(files).path()).expect("the files lint clean")
}

#[test]
fn an_overlay_adds() {
    let catalog = overlaid(&[("own", OWN)]);
    assert_eq!(catalog.len(), Catalog::embedded().len() + 1);
    assert_eq!(catalog.get("own").expect("added").name, "Own");
}

#[test]
fn an_overlay_replaces_a_provider_of_the_same_name() {
    let catalog = overlaid(&[("github", OWN)]);
    assert_eq!(catalog.len(), Catalog::embedded().len());
    assert_eq!(catalog.get("github").expect("replaced").name, "Own");
}

#[test]
fn an_overlay_extends_the_embedded_provider_that_it_replaces() {
    let catalog = overlaid(&[("github", "extends = \"github\"\nname = \"Hub\"\n")]);
    let (ours, embedded) =
        (catalog.get("github").expect("ours"), Catalog::embedded().get("github").expect("ships"));
    assert_eq!(ours.name, "Hub");
    assert_eq!(ours.api.base_url, embedded.api.base_url);
}

#[test]
fn an_overlay_extends_an_embedded_member_of_a_family() {
    let catalog = overlaid(&[("own-mail", "extends = \"google-mail\"\nname = \"Own mail\"\n")]);
    assert_eq!(catalog.get("own-mail").expect("added").slug, "own-mail");
}

#[test]
fn tables_merge_by_key_and_lists_and_scalars_replace() {
    let member = r#"
extends = "own"
name = "Member"
sources = ["another"]
[api]
headers = { x-more = "1" }
"#;
    let provider = overlaid(&[("own", OWN), ("own-member", member)]).get("own-member").expect("added");
    assert_eq!(provider.sources, ["another"]);
    assert_eq!(provider.api.headers.keys().collect::<Vec<_>>(), ["x-key", "x-kind", "x-more"]);
}

#[test]
fn removed_keys_are_not_inherited() {
    let member = "extends = \"own\"\nremove = [\"api.headers.x-kind\"]\n";
    let provider = overlaid(&[("own", OWN), ("own-member", member)]).get("own-member").expect("added");
    assert_eq!(provider.api.headers.keys().collect::<Vec<_>>(), ["x-key"]);
}

#[test]
fn one_mistake_refuses_the_whole_directory() {
    let directory = crate::directory(&[("own", OWN), ("wrong", "name = 1")]);
    let error = Catalog::with_overlay(directory.path()).expect_err("wrong.toml is wrong");
    let said = error.to_string();
    assert!(said.contains("wrong.toml:1: "), "{said}");
}

#[test]
fn a_missing_directory_is_refused() {
    let directory = crate::directory(&[]);
    let error = Catalog::with_overlay(&directory.path().join("absent")).expect_err("there is none");
    assert!(error.to_string().contains("cannot read the directory"), "{error}");
}

#[test]
fn other_files_are_left_alone() {
    let directory = crate::directory(&[("own", OWN)]);
    std::fs::write(directory.path().join("README.md"), "words").expect("a file can be written");
    assert!(Catalog::with_overlay(directory.path()).is_ok());
}
