//! Rules about single files: how long, how named, and what must not stand in them.

use super::Problem;
use crate::workspace::{Workspace, has_extension};

const MOST_LINES: usize = 400;

/// Files that people write; the rest is made by tools.
const WRITTEN: [&str; 11] = ["rs", "js", "mjs", "css", "html", "md", "toml", "sql", "json", "yml", "sh"];

/// What must not stand anywhere. Each is written in two parts, so that this list does not find itself.
const FORBIDDEN: [(&str, &str, &str); 12] = [
    ("TO", "DO", "do it, or open an issue"),
    ("FIX", "ME", "do it, or open an issue"),
    ("registry.npm", "js.org", "the address of a package registry is the machine's business"),
    ("static.crate", "s.io", "the address of a package registry is the machine's business"),
    ("index.crate", "s.io", "the address of a package registry is the machine's business"),
    ("files.python", "hosted.org", "the address of a package registry is the machine's business"),
    ("//pypi", ".org", "the address of a package registry is the machine's business"),
    ("proxy.", "golang.org", "the address of a package registry is the machine's business"),
    ("/wo", "rk/", "a path of one machine means nothing on another"),
    ("/ro", "ot/", "a path of one machine means nothing on another"),
    ("/ho", "me/", "a path of one machine means nothing on another"),
    ("/Us", "ers/", "a path of one machine means nothing on another"),
];

/// Checks every file.
pub(crate) fn check(workspace: &Workspace) -> Vec<Problem> {
    let texts = workspace.files.iter().filter_map(|path| Some((path, workspace.text(path)?)));
    texts.flat_map(|(path, text)| judge(path, &text)).collect()
}

fn judge(path: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if has_extension(path, "rs") && lines > MOST_LINES {
        let what = format!("has {lines} lines, {MOST_LINES} are the most: split it by meaning");
        problems.push(Problem::at(path, what));
    }
    if path.ends_with("/mod.rs") {
        problems.push(Problem::at(path, "name the module by its own file: `name.rs` beside `name/`"));
    }
    if WRITTEN.iter().any(|extension| has_extension(path, extension))
        || !path.contains('.')
        || path.starts_with(".ci/")
    {
        problems.extend(forbidden(path, text));
    }
    problems
}

fn forbidden(path: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (start, end, why) in FORBIDDEN {
        let wanted = format!("{start}{end}");
        let place = text.lines().position(|line| holds(line, &wanted));
        problems.extend(
            place.map(|number| Problem::at(format!("{path}:{}", number + 1), format!("«{wanted}»: {why}"))),
        );
    }
    problems
}

/// Words count as whole words only, and paths only where a path begins.
fn holds(line: &str, wanted: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}' | '>' | '~');
    line.match_indices(wanted).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + wanted.len()..].chars().next();
        let is_word = wanted.chars().all(char::is_alphabetic);
        let inside = |c: Option<char>| c.is_some_and(joins);
        if is_word {
            !inside(before) && !after.is_some_and(char::is_alphanumeric)
        } else {
            !wanted.starts_with('/') || !inside(before)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_found() {
        assert!(judge("crates/a/src/b.rs", &"x\n".repeat(400)).is_empty());
        assert_eq!(judge("crates/a/src/b.rs", &"x\n".repeat(401)).len(), 1);
        assert!(judge("docs/a.md", &"x\n".repeat(401)).is_empty());
    }

    #[test]
    fn a_module_without_a_name_is_found() {
        assert_eq!(judge("crates/a/src/b/mod.rs", "").len(), 1);
    }

    #[test]
    fn work_left_undone_is_found_with_its_line() {
        let problems = judge("a.rs", concat!("fine\n// TO", "DO: later\n"));
        assert_eq!(problems[0].place, "a.rs:2");
        assert!(judge("a.rs", concat!("let MASTO", "DON = 1;")).is_empty());
    }

    #[test]
    fn machine_paths_and_registries_are_found() {
        for text in [
            concat!("cat /ro", "ot/.x"),
            concat!("\"/ho", "me/me/x\""),
            concat!("https://registry.npm", "js.org/x"),
        ] {
            assert_eq!(judge("a.md", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn addresses_with_such_parts_are_no_machine_paths() {
        for text in ["https://example.com/home/", "{base}/home/items", "a/root/b"] {
            assert!(judge("a.md", text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_tools_wrote_is_not_judged() {
        assert!(judge("Cargo.lock", concat!("TO", "DO")).is_empty());
    }
}
