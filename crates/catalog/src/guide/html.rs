//! A guide's Markdown as HTML that may stand on any page.
//!
//! The linter keeps guides to a narrow form; this does not rely on it. What is let through is named, everything else
//! loses its markup and keeps its words, so that no file can bring a script, a picture or a foreign scheme to a page.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};
use url::Url;

/// Renders lists, paragraphs, strong words, code and https links. HTML in the text is shown as it was typed.
pub fn html(markdown: &str) -> String {
    // A link cannot stand inside a link, so one flag is enough to close what was opened.
    let mut in_link = false;
    let events = Parser::new_ext(markdown, Options::empty()).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => {
            let opened = opened(&dest_url);
            in_link = opened.is_some();
            opened
        }
        Event::End(TagEnd::Link) if in_link => {
            in_link = false;
            Some(Event::InlineHtml(CowStr::Borrowed("</a>")))
        }
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(tag) => allowed(&tag).then_some(Event::Start(tag)),
        Event::End(tag) => allowed_end(tag).then_some(Event::End(tag)),
        Event::Text(_) | Event::Code(_) | Event::SoftBreak | Event::HardBreak => Some(event),
        Event::InlineMath(_)
        | Event::DisplayMath(_)
        | Event::FootnoteReference(_)
        | Event::Rule
        | Event::TaskListMarker(_) => None,
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

fn allowed(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Paragraph | Tag::List(_) | Tag::Item | Tag::Strong | Tag::Emphasis)
}

fn allowed_end(tag: TagEnd) -> bool {
    matches!(tag, TagEnd::Paragraph | TagEnd::List(_) | TagEnd::Item | TagEnd::Strong | TagEnd::Emphasis)
}

/// The tag that opens a link to an https page. It opens beside ours, which keeps what was typed there, and learns
/// nothing about it.
fn opened(destination: &str) -> Option<Event<'static>> {
    let url = https(destination)?;
    let address =
        url.as_str().replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
    let tag = format!(r#"<a href="{address}" target="_blank" rel="noopener noreferrer">"#);
    Some(Event::InlineHtml(CowStr::from(tag)))
}

/// An absolute https address without user name.
pub(crate) fn https(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    (url.scheme() == "https" && url.has_host() && plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_become_a_list_and_the_note_a_paragraph() {
        let html = html("1. Open **Settings**.\n2. Paste `https://a.example/cb`.\n\nNote: It ends.");
        let expected = "<ol>\n<li>Open <strong>Settings</strong>.</li>\n\
            <li>Paste <code>https://a.example/cb</code>.</li>\n</ol>\n<p>Note: It ends.</p>\n";
        assert_eq!(html, expected);
    }

    #[test]
    fn links_lead_to_https_pages_only_and_give_nothing_away() {
        let good = html("[keys](https://a.example/k?x=1&y=%22)");
        assert_eq!(
            good,
            "<p><a href=\"https://a.example/k?x=1&amp;y=%22\" target=\"_blank\" rel=\"noopener noreferrer\">keys</a></p>\n"
        );
        for bad in [
            "[a](javascript:alert(1))",
            "[a](http://a.example)",
            "[a](data:text/html,x)",
            "[a](//a.example)",
            "[a](/connect)",
            "[a](https://user@a.example)",
            "<javascript:alert(1)>",
        ] {
            let html = html(bad);
            assert!(!html.contains("href") && !html.contains("</a>"), "{bad}: {html}");
        }
    }

    #[test]
    fn html_is_shown_and_not_run() {
        for bad in [
            "<script>alert(1)</script>",
            "1. a <img src=x onerror=alert(1)> b",
            "<!-- -->\n\n<iframe src=x>",
            "[a](https://a.example/\"onmouseover=alert(1))",
            "[a](https://a.example \"title\" onclick=x)",
            "![x](https://a.example/x.png)",
            "```<script>\n<script>\n```",
            "    <script>",
            "# <script>",
        ] {
            let html = html(bad);
            for tag in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
                let plain =
                    ["p", "ol", "li", "strong", "em", "code", "a"].contains(&tag.trim_start_matches('/'));
                let ours = tag.starts_with("a href=\"https://a.example/")
                    && tag.ends_with(" target=\"_blank\" rel=\"noopener noreferrer\"")
                    && tag.matches('"').count() == 6;
                assert!(plain || ours, "{bad}: {html}");
            }
        }
    }
}
