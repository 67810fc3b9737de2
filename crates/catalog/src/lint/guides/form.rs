//! The form of a guide, line by line: two parts, each a numbered list and at most one note.

use super::inline::{self, Links};
use crate::guide::{FOR_END_USERS, FOR_OPERATORS};

/// More steps than this are not read to the end.
const MOST_STEPS: usize = 8;

/// The parts of a guide, in order.
const PARTS: [&str; 2] = [FOR_OPERATORS, FOR_END_USERS];

/// What is wrong, with its line from 1.
pub(super) fn check(text: &str) -> Vec<(usize, String)> {
    let mut guide = Reading::default();
    for (index, line) in text.lines().enumerate() {
        guide.take(index + 1, line);
    }
    guide.end_part();
    if guide.headings.is_empty() {
        guide.begins_otherwise(1);
    } else if guide.headings.len() < PARTS.len() && !guide.headings.contains(&FOR_END_USERS) {
        guide.found.push((1, format!("the part `{FOR_END_USERS}` is missing")));
    }
    guide.found
}

/// How far a guide was read.
#[derive(Default)]
struct Reading<'a> {
    found: Vec<(usize, String)>,
    headings: Vec<&'a str>,
    /// Whether it was said that the guide does not begin as guides do: once is enough.
    begun_otherwise: bool,
    /// The part that is being read.
    part: Part,
    after_blank: bool,
    links: Links,
}

#[derive(Default, Clone, Copy)]
struct Part {
    /// Line of its heading.
    line: usize,
    /// How many steps there were.
    steps: usize,
    /// Whether the note was there.
    noted: bool,
    /// Whether there was a line that is neither; that was said, and is not said again as a missing step.
    strange: bool,
}

impl<'a> Reading<'a> {
    fn take(&mut self, number: usize, line: &'a str) {
        if let Some(foreign) = line.chars().find(|c| !c.is_ascii() || c.is_ascii_control()) {
            self.found.push((number, format!("`{}` is not plain ASCII", foreign.escape_default())));
        }
        let line = line.trim_end();
        if line.is_empty() {
            self.after_blank = true;
            return;
        }
        if line.starts_with('#') {
            self.begin_part(number, line);
        } else if self.headings.is_empty() {
            self.begins_otherwise(number);
        } else {
            self.content(number, line);
        }
        self.after_blank = false;
    }

    fn begin_part(&mut self, number: usize, line: &'a str) {
        self.end_part();
        self.part = Part { line: number, ..Part::default() };
        match PARTS.get(self.headings.len()) {
            Some(expected) if *expected == line => {}
            Some(&FOR_OPERATORS) => self.begins_otherwise(number),
            Some(expected) => self.found.push((number, format!("the next part of a guide is `{expected}`"))),
            None => self.found.push((number, "a guide has two parts and no more headings".to_owned())),
        }
        self.headings.push(line);
    }

    fn begins_otherwise(&mut self, number: usize) {
        if !self.begun_otherwise {
            self.begun_otherwise = true;
            self.found.push((number, format!("a guide begins with `{FOR_OPERATORS}`")));
        }
    }

    fn end_part(&mut self) {
        if !self.headings.is_empty() && self.part.steps == 0 && !self.part.strange {
            self.found.push((
                self.part.line,
                "the part has no steps; a step is a line such as `1. Sign in.`".to_owned(),
            ));
        }
    }

    fn content(&mut self, number: usize, line: &str) {
        let text = if let Some(note) = line.strip_prefix("Note: ") {
            self.note(number);
            note
        } else if let Some((_, step)) = step(line) {
            self.step(number, line);
            step
        } else {
            let message = "a line is a step such as `1. Sign in.`, or begins with `Note: `; each is one line, however long";
            self.found.push((number, message.to_owned()));
            self.part.strange = true;
            return;
        };
        let for_operators = self.headings.len() == 1;
        let problems = inline::check(text, for_operators, &mut self.links);
        self.found.extend(problems.into_iter().map(|message| (number, message)));
    }

    fn step(&mut self, number: usize, line: &str) {
        self.part.steps += 1;
        let expected = self.part.steps;
        let problem = if self.part.noted {
            Some("the note comes after the last step".to_owned())
        } else if expected > MOST_STEPS {
            Some(format!("a part has at most {MOST_STEPS} steps"))
        } else if step(line).is_some_and(|(given, _)| given != expected.to_string()) {
            Some(format!("the number of this step is {expected}"))
        } else if self.after_blank && expected > 1 {
            Some("steps follow each other without an empty line".to_owned())
        } else {
            None
        };
        self.found.extend(problem.map(|problem| (number, problem)));
    }

    fn note(&mut self, number: usize) {
        let problem = if self.part.noted {
            Some("a part has at most one note")
        } else if !self.after_blank {
            Some("an empty line stands before the note; without it the note becomes part of the step")
        } else {
            None
        };
        self.part.noted = true;
        self.found.extend(problem.map(|problem| (number, problem.to_owned())));
    }
}

/// Number and text of a step.
fn step(line: &str) -> Option<(&str, &str)> {
    let (number, text) = line.split_once(". ")?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some((number, text))
}
