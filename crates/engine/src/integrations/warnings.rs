//! Things an operator should know about an integration, in words.

use catalog::Provider;
use catalog::input::Input;
use model::Integration;
use model::integration::CLIENT_SECRET;

/// Some providers know only one live token for what the operator entered (a contact, a shop): two integrations that
/// enter the same invalidate each other's tokens.
pub(super) fn exclusive(integration: &Integration, provider: &Provider, all: &[Integration]) -> Vec<String> {
    let names: Vec<_> = provider
        .inputs
        .integration
        .iter()
        .filter(|input| provider.exclusive_by.contains(&input.name))
        .map(Input::wire_name)
        .collect();
    let same = |other: &&Integration| {
        !names.is_empty()
            && other.id != integration.id
            && other.provider == integration.provider
            && names.iter().all(|name| {
                let mine = integration.config.get(*name).filter(|value| !value.is_empty());
                mine.is_some() && mine == other.config.get(*name)
            })
    };
    all.iter()
        .filter(same)
        .map(|other| {
            format!(
                "{} knows one live token for each {}: this integration and «{}» name the same one and will invalidate \
                 each other's tokens",
                provider.name,
                names.join(" and "),
                other.key
            )
        })
        .collect()
}

/// Scopes that the provider's list does not hold. Most are typing mistakes, which the provider would show to an end user
/// much later; but vendors add scopes, so nothing is refused.
pub(super) fn unknown_scopes(integration: &Integration, provider: &Provider) -> Option<String> {
    let scopes = &provider.scopes;
    if scopes.known.is_empty() {
        return None;
    }
    let listed = || scopes.known.iter().chain(&scopes.default);
    let known = |scope: &str| {
        // Some vendors take a scope with the address of its API in front: `https://graph.microsoft.com/User.Read`.
        listed().any(|known| {
            scope.strip_suffix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        }) || scopes.required.iter().any(|template| template.source() == scope)
    };
    let unknown: Vec<String> = integration
        .scopes
        .iter()
        .filter(|scope| !known(scope))
        .map(|scope| match listed().find(|known| known.eq_ignore_ascii_case(scope)) {
            Some(meant) => format!("«{scope}» (is «{meant}» meant?)"),
            None => format!("«{scope}»"),
        })
        .collect();
    (!unknown.is_empty()).then(|| {
        format!(
            "not among the known scopes of {}: {}; check the spelling, or ignore this when the vendor has added them",
            provider.name,
            unknown.join(", ")
        )
    })
}

/// Where end users name the server, the operator's secrets go to whichever they name.
pub(super) fn any_server(integration: &Integration, provider: &Provider) -> Option<String> {
    let entered = provider.inputs.integration.iter().filter(|input| input.secret).map(Input::wire_name);
    if !entered.chain([CLIENT_SECRET]).any(|name| integration.secret_names.iter().any(|held| held == name)) {
        return None;
    }
    let is_unset = |input: &&Input| !integration.config.contains_key(input.wire_name());
    let unset =
        provider.inputs.connection.iter().filter_map(|input| provider.limit_of(input)).find(is_unset)?;
    Some(format!(
        "end users name the server that the integration's secret is sent to; say in integration_config.{} which ones \
         they may name",
        unset.wire_name()
    ))
}
