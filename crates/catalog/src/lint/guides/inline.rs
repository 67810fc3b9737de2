//! What stands inside a line of a guide: words, strong words, code and one link. It is read by the parser that renders
//! it, so that the two cannot differ.

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

use crate::guide::{CALLBACK_URL, https};

/// How many links a guide had so far.
#[derive(Default)]
pub(super) struct Links(usize);

/// What is wrong in the text of one line.
pub(super) fn check(text: &str, for_operators: bool, links: &mut Links) -> Vec<String> {
    let mut found = Vec::new();
    for event in Parser::new_ext(text, Options::empty()) {
        match event {
            Event::Text(text) => found.extend(in_words(&text)),
            Event::Code(code) => found.extend(in_code(&code, for_operators)),
            Event::Html(_) | Event::InlineHtml(_) => {
                found.push("HTML is not allowed; write names and values as `code`".to_owned());
            }
            Event::Start(tag) => found.extend(in_tag(&tag, links)),
            Event::End(_) => {}
            Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => found.push(only()),
        }
    }
    found.dedup();
    found
}

fn in_words(text: &str) -> Option<String> {
    text.contains(['{', '}']).then(|| {
        format!("a brace stands in `code` only, and there as `{CALLBACK_URL}`, the only placeholder")
    })
}

fn in_code(code: &str, for_operators: bool) -> Option<String> {
    if code.replace(CALLBACK_URL, "").contains(['{', '}']) {
        return Some(format!("unknown placeholder in `{code}`; `{CALLBACK_URL}` is the only one"));
    }
    (code.contains(CALLBACK_URL) && !for_operators)
        .then(|| format!("end users have no use for `{CALLBACK_URL}`; it stands in the part for operators"))
}

fn in_tag(tag: &Tag<'_>, links: &mut Links) -> Option<String> {
    if let Tag::Link { link_type, dest_url, title, .. } = tag {
        links.0 += 1;
        if https(dest_url).is_none() {
            return Some(format!("`{dest_url}` is not an https address"));
        }
        if *link_type != LinkType::Inline || !title.is_empty() {
            return Some("a link is written as `[title](https://…)`".to_owned());
        }
        return (links.0 > 1).then(|| "a guide has one link at most".to_owned());
    }
    if matches!(tag, Tag::HtmlBlock) {
        // Its content is told about by itself.
        return None;
    }
    (!matches!(tag, Tag::Paragraph | Tag::Strong)).then(only)
}

fn only() -> String {
    "a line holds words, **strong words**, `code` and the link, nothing else".to_owned()
}
