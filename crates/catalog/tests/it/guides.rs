//! Guides: what ships, which provider shows which, and the mistakes that the linter finds.

use std::fs;

use catalog::guide::{self, CALLBACK_URL};
use catalog::lint::{self, Problem};
use catalog::{Catalog, guide::Guide};

const OWN: &str = r#"
name = "Own"
auth = "api_key"
category = "generic"
sources = ["ourselves"]

[api]
base_url = "https://api.own.example"
auth = "custom"
headers = { x-key = "{credential.api_key}" }
"#;

const GUIDE: &str = "## For operators

1. Open [the console](https://own.example/console).
2. Paste `{callback_url}` there.

Note: It ends.

## For end users

1. Look for **Keys**.
";

/// A directory of provider files with guides.
fn directory(providers: &[(&str, &str)], guides: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = crate::directory(providers);
    let place = directory.path().join("guides");
    fs::create_dir(&place).expect("a directory can be made");
    for (slug, text) in guides {
        fs::write(place.join(format!("{slug}.md")), text).expect("a file can be written");
    }
    directory
}

fn overlaid(providers: &[(&str, &str)], guides: &[(&str, &str)]) -> Catalog {
    Catalog::with_overlay(directory(providers, guides).path()).expect("the files lint clean")
}

fn problems(guide: &str) -> Vec<Problem> {
    lint::directory(directory(&[("own", OWN)], &[("own", guide)]).path()).problems
}

/// Swaps one text of the guide for another and asserts that exactly this is found, at this line.
fn finds(from: &str, to: &str, line: usize, message: &str) {
    assert!(GUIDE.contains(from), "{from}");
    let text = GUIDE.replacen(from, to, 1);
    let problems = problems(&text);
    let said: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.line, p.message)).collect();
    assert_eq!(problems.len(), 1, "expected {line}: {message}, found {said:#?} in\n{text}");
    assert!(
        problems[0].line == line && problems[0].message.contains(message),
        "{line}: {message}, not {said:#?}"
    );
    assert!(problems[0].file.ends_with("guides/own.md"));
}

#[test]
fn the_unspoilt_guide_is_clean() {
    assert_eq!(problems(GUIDE), []);
}

#[test]
fn mistakes_of_form_are_found() {
    finds("## For operators\n\n", "", 1, "a guide begins with `## For operators`");
    finds("## For operators", "## Operators", 1, "a guide begins with `## For operators`");
    finds("1. Look for **Keys**.", "1. Look.\n\n## More\n\n1. Go.", 12, "two parts and no more headings");
    finds("## For end users", "## For operators", 8, "the next part of a guide is `## For end users`");
    finds("1. Look for **Keys**.\n", "", 8, "the part has no steps");
    finds("2. Paste", "3. Paste", 4, "the number of this step is 2");
    finds("2. Paste", "\n2. Paste", 5, "without an empty line");
    finds("Note: It ends.", "It ends.", 6, "a line is a step such as");
    finds("Note: It ends.", "Note: It ends.\n\nNote: Really.", 8, "at most one note");
    finds("there.\n\nNote", "there.\nNote", 5, "an empty line stands before the note");
    finds("Note: It ends.", "Note: It ends.\n\n3. Go.", 8, "the note comes after the last step");
    finds("1. Look for **Keys**.", "   - Look for **Keys**.", 10, "a line is a step such as");
    let nine = (1..=9).map(|number| format!("{number}. Go.")).collect::<Vec<_>>().join("\n") + "\n";
    finds("1. Look for **Keys**.\n", &nine, 18, "a part has at most 8 steps");
    finds("It ends", "It\u{202e} ends", 6, "is not plain ASCII");
}

#[test]
fn a_missing_part_is_found() {
    let problems = problems("## For operators\n\n1. Go.\n");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("the part `## For end users` is missing"), "{problems:?}");
}

#[test]
fn what_could_harm_a_page_is_found() {
    let html = "HTML is not allowed";
    finds("**Keys**", "<b>Keys</b>", 10, html);
    finds("Look for **Keys**", "<script>alert(1)</script>", 10, html);
    finds("Look for **Keys**", "<!-- Keys -->", 10, html);
    finds("https://own.example/console", "http://own.example/console", 3, "is not an https address");
    finds("https://own.example/console", "javascript:alert(1)", 3, "is not an https address");
    finds("https://own.example/console", "https://me@own.example", 3, "is not an https address");
    finds("https://own.example/console", "https://own.example \"x\"", 3, "a link is written as");
    finds("**Keys**", "<https://own.example>", 10, "a link is written as");
    finds("**Keys**", "[keys](https://own.example/keys)", 10, "one link at most");
    finds("**Keys**", "![Keys](https://own.example/k.png)", 10, "nothing else");
    finds("**Keys**", "*Keys*", 10, "nothing else");
    finds("Look for **Keys**", "# Keys", 10, "nothing else");
}

#[test]
fn placeholders_are_few_and_stand_as_code() {
    finds("`{callback_url}`", "{callback_url}", 4, "a brace stands in `code` only");
    finds("`{callback_url}`", "`{callback}`", 4, "unknown placeholder in `{callback}`");
    finds("**Keys**", "`{callback_url}`", 10, "it stands in the part for operators");
}

#[test]
fn a_guide_of_no_provider_is_found() {
    let problems = lint::directory(directory(&[("own", OWN)], &[("other", GUIDE)]).path()).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("there is no provider of this name"), "{problems:?}");
    assert!(problems[0].file.ends_with("guides/other.md"));
}

#[test]
fn a_guide_that_is_no_text_or_far_too_long_is_found() {
    let directory = directory(&[("own", OWN)], &[]);
    let path = directory.path().join("guides/own.md");
    fs::write(&path, [0xff, 0xfe]).expect("a file can be written");
    assert!(lint::directory(directory.path()).problems[0].message.contains("cannot read the file"));
    fs::write(&path, "a".repeat(1 << 20)).expect("a file can be written");
    assert!(lint::directory(directory.path()).problems[0].message.contains("longer than"));
}

#[test]
fn an_overlay_brings_guides_for_its_own_and_for_embedded_providers() {
    let catalog = overlaid(&[("own", OWN)], &[("own", GUIDE), ("github", GUIDE)]);
    for slug in ["own", "github"] {
        assert!(catalog.guide(slug).expect("a guide").end_users.contains("**Keys**"), "{slug}");
    }
    assert_eq!(catalog.guide("gitlab"), Catalog::embedded().guide("gitlab"));
}

#[test]
fn one_mistake_in_a_guide_refuses_the_overlay() {
    let directory = directory(&[("own", OWN)], &[("own", "words")]);
    let said = Catalog::with_overlay(directory.path()).expect_err("no guide").to_string();
    assert!(said.contains("own.md:1: "), "{said}");
}

#[test]
fn a_family_shows_the_guide_of_its_head_and_a_member_may_have_its_own() {
    let catalog = Catalog::embedded();
    assert!(catalog.guide("google").is_some());
    assert_eq!(catalog.guide("google-contacts"), catalog.guide("google"));
    assert_ne!(catalog.guide("google-calendar"), catalog.guide("google"));
    assert_eq!(catalog.guide("no-such-provider"), None);
}

#[test]
fn a_member_that_asks_for_something_else_does_not_show_the_guide_of_its_head() {
    let catalog = Catalog::embedded();
    // Another field, and other scopes to keep.
    for slug in ["azure-blob-storage", "microsoft-ads"] {
        assert_eq!(catalog.guide(slug), None, "{slug}");
    }
    assert_ne!(catalog.guide("okta-preview"), catalog.guide("okta"));
}

#[test]
fn read_as_an_overlay_the_shipped_files_show_the_embedded_guides() {
    let (embedded, overlaid) = (
        Catalog::embedded(),
        Catalog::with_overlay(&crate::shipped_directory()).expect("shipped files lint clean"),
    );
    for slug in embedded.slugs() {
        assert_eq!(embedded.guide(slug), overlaid.guide(slug), "{slug}");
    }
}

#[test]
fn a_new_guide_of_the_head_is_that_of_the_family() {
    let catalog = overlaid(&[], &[("google", GUIDE)]);
    assert_eq!(catalog.guide("google-contacts"), catalog.guide("google"));
    assert!(catalog.guide("google-contacts").is_some_and(|guide| guide.end_users.contains("**Keys**")));
}

#[test]
fn an_overlay_inherits_guides_while_it_authorizes_as_its_head_does() {
    let member = "extends = \"own\"\nname = \"Member\"\n";
    let mail = "extends = \"google-mail\"\nname = \"Own mail\"\n";
    let renamed = "extends = \"github\"\nname = \"Hub\"\n";
    let files =
        [("own", OWN), ("own-member", member), ("own-mail", mail), ("github", renamed), ("gitlab", OWN)];
    let catalog = overlaid(&files, &[("own", GUIDE)]);
    let embedded = Catalog::embedded();
    assert_eq!(catalog.guide("own-member"), catalog.guide("own"));
    assert_eq!(catalog.guide("own-mail"), embedded.guide("google-mail"));
    assert_eq!(catalog.guide("github"), embedded.guide("github"));
    // What once spoke OAuth takes a key now: the old steps would mislead.
    assert_eq!(catalog.guide("gitlab"), None);
}

#[test]
fn every_shipped_guide_is_embedded_and_renders_to_a_list() {
    let catalog = Catalog::embedded();
    let mut shown = 0;
    for slug in catalog.slugs() {
        let Some(Guide { operators, end_users }) = catalog.guide(slug) else { continue };
        shown += 1;
        for part in [operators, end_users] {
            let html = guide::html(part);
            assert!(html.starts_with("<ol>\n<li>") && !html.contains("##"), "{slug}: {html}");
        }
        assert!(!end_users.contains(CALLBACK_URL), "{slug}");
    }
    let directory = crate::shipped_directory().join("guides");
    let files = fs::read_dir(directory).expect("the directory exists").count();
    assert!(files >= 60 && shown > files, "{files} files, {shown} shown");
}
