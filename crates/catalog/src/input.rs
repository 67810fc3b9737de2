//! Fields that operators and end users fill in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Everything a provider asks for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// Asked of the end user, kept on the connection (`{connection.NAME}`).
    #[serde(default)]
    pub connection: Vec<Input>,
    /// The credential itself (`{credential.NAME}`). Absent: the scheme's own fields.
    #[serde(default)]
    pub credential: Vec<Input>,
    /// Set once by the operator (`{integration.NAME}`).
    #[serde(default)]
    pub integration: Vec<Input>,
    /// Asked of the end user when connecting, used once for an assertion and never stored (`{one_time.NAME}`).
    #[serde(default)]
    pub one_time: Vec<Input>,
}

/// One field.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the file")]
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Our name, snake case, used in templates.
    pub name: String,
    /// The spelling on the HTTP API when it differs from `name`.
    #[serde(default)]
    pub wire: Option<String>,
    /// What kind of value it is.
    #[serde(default)]
    pub kind: Kind,
    /// One to four words.
    pub label: String,
    /// One line that says what to enter or where to find it.
    #[serde(default)]
    pub help: Option<String>,
    /// An example of the form, shown as placeholder.
    #[serde(default)]
    pub example: Option<String>,
    /// Anchored linear-time pattern.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Shown before the value, not stored.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Shown after the value, not stored.
    #[serde(default)]
    pub suffix: Option<String>,
    /// Allowed values of `kind = "enum"`.
    #[serde(default, rename = "enum")]
    pub choices: Vec<String>,
    /// Whether it must be filled; yes unless said otherwise.
    #[serde(default = "yes")]
    pub required: bool,
    /// Hidden when shown, sealed when stored.
    #[serde(default)]
    pub secret: bool,
    /// Filled by the system (captures, look-ups), never asked.
    #[serde(default)]
    pub automated: bool,
    /// Not shown; the default applies unless an API client sends a value.
    #[serde(default)]
    pub hidden: bool,
    /// Value when left empty.
    #[serde(default)]
    pub default: Option<String>,
    /// Shown, and then required, only while each named field of the same group has the named value.
    #[serde(default)]
    pub visible_when: BTreeMap<String, String>,
    /// Choices that deserve a warning.
    #[serde(default)]
    pub discouraged: Vec<String>,
    /// The integration input that says which hosts the value may name: one, or a list. Any host, while that is empty.
    #[serde(default)]
    pub limited_by: Option<String>,
}

const fn yes() -> bool {
    true
}

impl Input {
    /// A required line of text with nothing special about it.
    pub fn new(name: &str, label: &str) -> Self {
        Self {
            name: name.to_owned(),
            wire: None,
            kind: Kind::String,
            label: label.to_owned(),
            help: None,
            example: None,
            pattern: None,
            prefix: None,
            suffix: None,
            choices: Vec::new(),
            required: true,
            secret: false,
            automated: false,
            hidden: false,
            default: None,
            visible_when: BTreeMap::new(),
            discouraged: Vec::new(),
            limited_by: None,
        }
    }

    /// Whether the field counts, given the values of its group by our names. One that does not is neither asked for nor
    /// kept.
    pub fn applies<'a>(&self, value_of: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.visible_when.iter().all(|(name, wanted)| value_of(name) == Some(wanted))
    }

    /// The name on the HTTP API.
    pub fn wire_name(&self) -> &str {
        self.wire.as_deref().unwrap_or(&self.name)
    }
}

/// Kinds of input values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Any text without control characters.
    #[default]
    String,
    /// Several lines (PEM keys).
    Text,
    /// A host name, without scheme, port or path.
    Hostname,
    /// Host names, separated by commas; `*.example.com` is every host below `example.com`.
    Hosts,
    /// An absolute https URL.
    Url,
    /// A UUID.
    Uuid,
    /// An e-mail address.
    Email,
    /// One of `enum`.
    Enum,
}
