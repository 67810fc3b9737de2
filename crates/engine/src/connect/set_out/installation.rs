//! Apps and plugins: the browser goes to a page where something is installed, and comes back when it is.

use protocol::{RequestError, app_installation, plugin};

use super::Departure;
use crate::Engine;
use crate::connect::Submitted;
use crate::error::{Error, Rule};
use crate::journey::Journey;

impl Engine {
    pub(super) async fn set_out_to_install(&self, departure: Departure<'_>) -> Result<Submitted, Error> {
        let state = departure.state.expose();
        let page = app_installation::begin(&departure.provider, &departure.fields, state);
        let url = page.map_err(|error| unusable(&error))?;
        let user = match departure.provider.token {
            Some(_) => {
                let mut flow = self.started(&departure)?.flow;
                // The installation page is no authorization endpoint: it takes no challenge.
                flow.verifier = None;
                Some(flow)
            }
            None => None,
        };
        self.depart(departure, url, Journey::Installation(user)).await
    }

    pub(super) async fn set_out_to_plug_in(&self, departure: Departure<'_>) -> Result<Submitted, Error> {
        let page = plugin::begin(&departure.provider, &departure.fields, departure.state.expose());
        let url = page.map_err(|error| unusable(&error))?;
        self.depart(departure, url, Journey::Plugin).await
    }
}

fn unusable(error: &RequestError) -> Error {
    Error::refused(Rule::Draft, format!("the installation cannot start: {error}"))
}
