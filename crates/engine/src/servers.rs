//! The operator's say in which servers end users may name: the client's secret goes where they point.
//!
//! A list that is set later holds for what is stored already: `Engine::all_fields` refuses a connection that names a
//! server which is not on it, so that nothing more is sent there.

use catalog::Provider;
use catalog::input::Input;
use model::{Integration, Issue, IssueCode};
use serde_json::{Map, Value};

use crate::connect::text_of;
use crate::error::{Error, Rule};

/// A connection names a server that the operator does not allow.
pub(crate) struct Forbidden<'a> {
    input: &'a Input,
    value: String,
    /// The input in which the operator says which servers are allowed.
    limit: &'a Input,
    /// What it holds.
    allowed: &'a str,
}

/// Checks one value.
pub(crate) fn check<'a>(
    provider: &'a Provider,
    integration: &'a Integration,
    input: &'a Input,
    value: &str,
) -> Result<(), Forbidden<'a>> {
    let Some(limit) = provider.limit_of(input) else { return Ok(()) };
    let allowed = integration.config.get(limit.wire_name()).map_or("", String::as_str);
    if value.is_empty() || model::fields::is_among(allowed, value) {
        return Ok(());
    }
    Err(Forbidden { input, value: value.to_owned(), limit, allowed })
}

/// Checks all values of a connection. They are stored under their names on the wire, but an import may use ours.
pub(crate) fn check_all<'a>(
    provider: &'a Provider,
    integration: &'a Integration,
    config: &Map<String, Value>,
) -> Result<(), Forbidden<'a>> {
    for input in &provider.inputs.connection {
        let values = [input.wire_name(), &input.name].map(|name| config.get(name));
        for value in values.into_iter().flatten() {
            check(provider, integration, input, &text_of(value))?;
        }
    }
    Ok(())
}

impl Forbidden<'_> {
    /// For whoever entered it.
    pub(crate) fn issue(&self) -> Issue {
        let any_below = |host: &str| match host.trim().strip_prefix("*.") {
            Some(domain) => format!("any host below {domain}"),
            None => host.trim().to_owned(),
        };
        let allowed: Vec<_> = self.allowed.split(',').map(any_below).collect();
        let message = format!(
            "{} must be a server that this app connects to: {}",
            self.input.label,
            allowed.join(" or ")
        );
        Issue::new(IssueCode::InvalidValue, [self.input.wire_name()], message)
    }
}

/// For whoever can mend it: the operator.
impl From<Forbidden<'_>> for Error {
    fn from(forbidden: Forbidden<'_>) -> Self {
        let message = format!(
            "nothing is sent to {}: it is not among integration_config.{} of the integration",
            forbidden.value,
            forbidden.limit.wire_name()
        );
        Self::refused(Rule::Body, message)
    }
}
