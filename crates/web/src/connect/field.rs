//! One field of a form, as the template needs it.

use std::collections::BTreeMap;

use catalog::input::Kind;
use engine::FormField;
use model::Issue;

use crate::connect::page;

/// A field with what was entered and what is wrong with it.
pub(crate) struct Field<'a> {
    /// The name on the wire, which is also the name in the form.
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) help: Option<&'a str>,
    pub(crate) example: Option<&'a str>,
    pub(crate) prefix: Option<&'a str>,
    pub(crate) suffix: Option<&'a str>,
    pub(crate) required: bool,
    pub(crate) value: &'a str,
    pub(crate) error: Option<String>,
    /// The cursor starts in the first field that is wrong.
    pub(crate) focused: bool,
    pub(crate) control: Control<'a>,
}

/// The HTML control that a field gets.
pub(crate) enum Control<'a> {
    /// One line; `type` and `inputmode`.
    Line(&'static str, &'static str),
    /// One line that shows dots until it is revealed.
    Secret,
    /// Several lines.
    Lines,
    /// A choice. The first stands selected when one must be made.
    Select(Vec<(&'a str, bool)>),
}

/// The fields of a form. What was `entered` comes back, except into secret fields.
pub(crate) fn fields<'a>(
    asked: &'a [FormField],
    entered: &'a BTreeMap<String, String>,
    issues: &[Issue],
) -> Vec<Field<'a>> {
    let mut fields: Vec<_> = asked.iter().map(|field| one(field, entered, issues)).collect();
    if let Some(first) = fields.iter_mut().find(|field| field.error.is_some()) {
        first.focused = true;
    }
    fields
}

fn one<'a>(field: &'a FormField, entered: &'a BTreeMap<String, String>, issues: &[Issue]) -> Field<'a> {
    let entered = entered.get(&field.name).or(field.value.as_ref()).map(String::as_str);
    let value = entered.filter(|_| !field.secret).unwrap_or_default();
    let about = |issue: &&Issue| issue.path.last() == Some(&field.name);
    Field {
        name: &field.name,
        label: &field.label,
        help: field.help.as_deref(),
        example: field.example.as_deref(),
        prefix: field.prefix.as_deref(),
        suffix: field.suffix.as_deref(),
        required: field.required,
        value,
        error: issues.iter().find(about).map(|issue| page::sentence(&issue.message)),
        focused: false,
        control: control(field, value),
    }
}

fn control<'a>(field: &'a FormField, value: &str) -> Control<'a> {
    match field.kind {
        Kind::Text => Control::Lines,
        Kind::Enum => {
            Control::Select(field.choices.iter().map(|choice| (choice.as_str(), choice == value)).collect())
        }
        Kind::String | Kind::Hostname | Kind::Hosts | Kind::Url | Kind::Uuid | Kind::Email
            if field.secret =>
        {
            Control::Secret
        }
        Kind::String | Kind::Hosts | Kind::Uuid => Control::Line("text", "text"),
        // Not `type=url`: browsers would ask for a scheme that may stand in the prefix.
        Kind::Hostname | Kind::Url => Control::Line("text", "url"),
        Kind::Email => Control::Line("email", "email"),
    }
}

impl Field<'_> {
    /// What describes the control to a screen reader: help and error, where they are.
    pub(crate) fn described_by(&self) -> String {
        let help = self.help.map(|_| format!("help-{}", self.name));
        let error = self.error.as_ref().map(|_| format!("error-{}", self.name));
        help.into_iter().chain(error).collect::<Vec<_>>().join(" ")
    }
}
