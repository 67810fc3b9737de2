//! Things an operator should know about an integration, in words.

use catalog::Provider;
use catalog::input::Input;
use model::Integration;

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
