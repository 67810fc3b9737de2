//! Limits and pages: how an API says "later" and how it cuts long lists.

use serde::{Deserialize, Serialize};

/// Which answers ask to be tried again, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Headers that name a wait in seconds; the longest counts.
    #[serde(default)]
    pub delay_headers: Vec<String>,
    /// Headers that name the time to wait for, in seconds or milliseconds since 1970 or as a date.
    #[serde(default)]
    pub reset_headers: Vec<String>,
    /// Header whose value 0 means wait.
    #[serde(default)]
    pub remaining_header: Option<String>,
    /// Statuses to try again in place of the usual 429 and 5xx: a number, or a class such as `5xx`.
    #[serde(default)]
    pub statuses: Vec<String>,
    /// The wait stands in the body.
    #[serde(default)]
    pub body: Option<RetryBody>,
}

/// A wait that is written in the body of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryBody {
    /// Dotted path of the text.
    pub path: String,
    /// Linear-time pattern whose first group is the value.
    pub pattern: String,
    /// What the value is.
    pub means: Wait,
}

/// What a value says about waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// Seconds to wait.
    Delay,
    /// The time to wait for.
    Reset,
}

/// How long lists are cut into pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pagination {
    /// How the next page is named.
    pub kind: PaginationKind,
    /// Query parameter for the size of a page.
    #[serde(default)]
    pub page_size_param: Option<String>,
    /// Dotted path of the list.
    #[serde(default)]
    pub items_path: Option<String>,
    /// Query parameter that takes the cursor.
    #[serde(default)]
    pub cursor_param: Option<String>,
    /// Dotted path of the next cursor.
    #[serde(default)]
    pub next_cursor_path: Option<String>,
    /// Dotted path of the next page's URL.
    #[serde(default)]
    pub next_link_path: Option<String>,
    /// Relation of the next page in the `link` header (RFC 8288).
    #[serde(default)]
    pub next_link_rel: Option<String>,
    /// Query parameter that takes the offset.
    #[serde(default)]
    pub offset_param: Option<String>,
    /// The first offset; 0 when absent.
    #[serde(default)]
    pub offset_start: Option<u64>,
}

/// Ways to name the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaginationKind {
    /// By an opaque cursor.
    Cursor,
    /// By its URL.
    Link,
    /// By how many elements to step over.
    Offset,
}
