//! A refresh token becomes new tokens, by the sandbox's refresh policy.

use std::time::Duration;

use super::{Denied, Issued, Ledger, Spent, Terms};
use crate::options::RefreshPolicy;

impl Ledger {
    /// Uses a refresh token. `narrowed` are the scopes asked for, where the client asks for fewer than it has.
    pub(crate) fn rotate(
        &mut self,
        client_id: &str,
        value: &str,
        narrowed: Option<Vec<String>>,
        terms: &Terms<'_>,
    ) -> Result<Issued, Denied> {
        let shown = self.refresh_tokens.get(value).ok_or(Denied::Grant("the refresh token is unknown"))?;
        let live = self.live(&shown.token, terms.now).map_err(Denied::Grant)?;
        if live.grant.client_id != client_id {
            return Err(Denied::Grant("the refresh token was issued to another client"));
        }
        let (grant, granted) = (shown.token.grant, shown.token.scopes.clone());
        let successor = shown.spent.as_ref().map(|spent| (spent.at, spent.successor.clone()));

        let scopes = narrowed.unwrap_or_else(|| granted.clone());
        if scopes.iter().any(|scope| !granted.contains(scope)) {
            return Err(Denied::Scope);
        }
        if let Some((spent_at, successor)) = successor {
            if terms.now < spent_at + grace(terms) && self.is_unspent(&successor) {
                return Ok(self.issue(grant, scopes, Some(successor), terms));
            }
            self.end(grant);
            return Err(Denied::Grant("the refresh token was used before; the grant is now revoked"));
        }
        let successor = self.spend(value, grant, granted, terms);
        Ok(self.issue(grant, scopes, successor, terms))
    }

    /// Marks the token as spent and gives its successor. It stays as it is when the policy or a fault says so.
    fn spend(
        &mut self,
        value: &str,
        grant: usize,
        granted: Vec<String>,
        terms: &Terms<'_>,
    ) -> Option<String> {
        if terms.options.refresh_policy == RefreshPolicy::Fixed || !terms.with_refresh_token {
            return None;
        }
        let successor = self.issue_refresh_token(grant, granted, terms);
        if let Some(shown) = self.refresh_tokens.get_mut(value) {
            shown.spent = Some(Spent { at: terms.now, successor: successor.clone() });
        }
        Some(successor)
    }

    fn is_unspent(&self, value: &str) -> bool {
        self.refresh_tokens.get(value).is_some_and(|token| token.spent.is_none())
    }
}

fn grace(terms: &Terms<'_>) -> Duration {
    match terms.options.refresh_policy {
        RefreshPolicy::Fixed => Duration::ZERO,
        RefreshPolicy::Rotating { grace } => grace,
    }
}
