//! Every setting is in the handbook, and the handbook tells of none that does not exist.

use std::collections::BTreeSet;

use super::Problem;
use crate::workspace::Workspace;

const HANDBOOK: &str = "docs/operations.md";
const SOURCE: &str = "crates/claviger/src";

/// Compares the environment variables in the source with those in the handbook.
pub(crate) fn check(workspace: &Workspace) -> Vec<Problem> {
    let Some(handbook) = workspace.text(HANDBOOK) else {
        return vec![Problem::at(HANDBOOK, "is missing: tell operators how to run it, with every setting")];
    };
    let sources = workspace.below(SOURCE, &["rs"]).filter_map(|path| workspace.text(path));
    compare(&sources.collect::<String>(), &handbook)
}

fn compare(source: &str, handbook: &str) -> Vec<Problem> {
    let (known, told) = (variables(source), variables(handbook));
    let untold = known
        .difference(&told)
        .map(|name| Problem::at(HANDBOOK, format!("does not tell of the setting {name}")));
    let unknown = told
        .difference(&known)
        .map(|name| Problem::at(HANDBOOK, format!("tells of {name}, which does not exist")));
    untold.chain(unknown).collect()
}

fn variables(text: &str) -> BTreeSet<String> {
    let part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let found =
        text.match_indices("CLAVIGER_").map(|(at, _)| text[at..].chars().take_while(|c| part(*c)).collect());
    found.filter(|name: &String| !name.ends_with('_') && !name.starts_with("CLAVIGER_TEST_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_the_handbook_leaves_out_is_found() {
        let problems = compare(r#"env = "CLAVIGER_LISTEN", env = "CLAVIGER_LOG""#, "| `CLAVIGER_LOG` |");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].what.ends_with("CLAVIGER_LISTEN"), "{problems:?}");
    }

    #[test]
    fn a_setting_that_is_no_longer_there_is_found() {
        let problems = compare("", "`CLAVIGER_GONE`, and `CLAVIGER_TEST_POSTGRES` for tests");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].what.contains("CLAVIGER_GONE"), "{problems:?}");
    }

    #[test]
    fn one_name_may_begin_another() {
        assert_eq!(
            compare("CLAVIGER_MASTER_KEY CLAVIGER_MASTER_KEY_FILE", "CLAVIGER_MASTER_KEY_FILE").len(),
            1
        );
    }
}
