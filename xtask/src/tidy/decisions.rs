//! Decisions are numbered without gaps and have a title.

use super::Problem;

const DIRECTORY: &str = "docs/decisions/";

/// Checks names and first lines of the records.
pub(crate) fn check(files: &[String], text: impl Fn(&str) -> Option<String>) -> Vec<Problem> {
    let mut names: Vec<&str> = files.iter().filter_map(|path| path.strip_prefix(DIRECTORY)).collect();
    names.retain(|name| *name != "README.md");
    names.sort_unstable();
    let mut problems = Vec::new();
    for (place, name) in names.into_iter().enumerate() {
        let path = format!("{DIRECTORY}{name}");
        let number = format!("{:04}-", place + 1);
        if !name.starts_with(&number) {
            problems
                .push(Problem::at(&path, format!("its name must begin with {number}: numbers have no gaps")));
        }
        if !text(&path).is_some_and(|text| text.starts_with("# ")) {
            problems.push(Problem::at(path, "must begin with a title: the decision in one sentence"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(names: &[&str], text: &str) -> usize {
        let files: Vec<String> = names.iter().map(|name| format!("docs/decisions/{name}")).collect();
        check(&files, |_| Some(text.to_owned())).len()
    }

    #[test]
    fn numbered_records_with_titles_are_fine() {
        assert_eq!(problems(&["0002-b.md", "0001-a.md", "README.md"], "# One database text"), 0);
    }

    #[test]
    fn gaps_and_doubles_are_found() {
        assert_eq!(problems(&["0001-a.md", "0003-c.md"], "# x"), 1);
        assert_eq!(problems(&["0001-a.md", "0001-b.md"], "# x"), 1);
    }

    #[test]
    fn a_record_without_a_title_is_found() {
        assert_eq!(problems(&["0001-a.md"], "We decided"), 1);
    }
}
