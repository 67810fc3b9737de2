//! A migration only adds, so that the release before it keeps working while nodes are replaced one by one. What is no
//! longer needed is left standing until a release in which nothing uses it; then this rule is changed for that file.

use std::collections::BTreeMap;
use std::path::Path;

use super::Problem;
use crate::workspace::Workspace;

const DIRECTORY: &str = "crates/store/migrations";

/// How a statement that adds begins.
const ADDING: [&str; 5] =
    ["create table", "create index", "create unique index", "insert into", "alter table"];

/// Checks numbers and statements of all migrations.
pub(crate) fn check(workspace: &Workspace) -> Vec<Problem> {
    let paths: Vec<&str> = workspace.below(DIRECTORY, &["sql"]).collect();
    let mut problems = numbers(&paths);
    for path in paths {
        problems.extend(workspace.text(path).map(|text| statements(path, &text)).unwrap_or_default());
    }
    problems
}

/// Each directory counts for itself from 0001.
fn numbers(paths: &[&str]) -> Vec<Problem> {
    let mut directories: BTreeMap<&Path, Vec<&str>> = BTreeMap::new();
    for path in paths {
        directories.entry(Path::new(path).parent().unwrap_or(Path::new(""))).or_default().push(path);
    }
    let mut problems = Vec::new();
    for mut paths in directories.into_values() {
        paths.sort_unstable();
        for (place, path) in paths.into_iter().enumerate() {
            let number = format!("{:04}_", place + 1);
            let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
            if !name.starts_with(&number) {
                problems.push(Problem::at(
                    path,
                    format!("its name must begin with {number}: numbers have no gaps"),
                ));
            }
        }
    }
    problems
}

fn statements(path: &str, text: &str) -> Vec<Problem> {
    let code: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let normal = code.join(" ").to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let takes_away = |statement: &&str| !statement.is_empty() && !adds(statement);
    let problem = |statement: &str| {
        let start: String = statement.chars().take(60).collect();
        Problem::at(path, format!("«{start}» does not only add: expand now, contract in a later release"))
    };
    normal.split(';').map(str::trim).filter(takes_away).map(problem).collect()
}

fn adds(statement: &str) -> bool {
    let begins = ADDING.iter().any(|start| statement.starts_with(start));
    let alters = statement.starts_with("alter table");
    begins
        && (!alters
            || statement.contains(" add ")
                && !statement.contains(" drop ")
                && !statement.contains(" alter column "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_add_are_fine() {
        let text = "-- drop nothing\ncreate table a (id uuid);\ncreate unique index b on a (id);\nalter table a add c text;\n";
        assert!(statements("a.sql", text).is_empty());
    }

    #[test]
    fn statements_that_take_away_or_change_are_found() {
        for text in [
            "drop table a;",
            "alter table a drop column b;",
            "delete from a;",
            "alter table a rename to b;",
            "update a set b = 1;",
        ] {
            assert_eq!(statements("a.sql", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_gap_in_the_numbers_is_found() {
        assert!(numbers(&["m/0001_a.sql", "m/0002_b.sql", "m/audit/0001_a.sql"]).is_empty());
        assert_eq!(numbers(&["m/0001_a.sql", "m/0003_b.sql"]).len(), 1);
    }
}
