//! A stage for tests: every name leads to one listener on this machine, and one authority vouches for all of them.
//!
//! Requests keep their https URLs and travel the whole way: judged, resolved, over TLS, as real bytes. There is no way
//! here from configuration: the feature `testing` is switched on by dev-dependencies alone.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::client::{Egress, Ground, Policy, SetupError};
use crate::lookup::{Lookup, Lookups};

/// Where every request goes.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The listener.
    pub address: SocketAddr,
    /// The certificate of the only authority that is trusted, DER.
    pub authority: Vec<u8>,
}

impl Egress {
    /// A way out that leads to the stage alone. The stage must be on the policy's allow list, as anything local must.
    pub fn on_stage(policy: Policy, stage: &Stage) -> Result<Self, SetupError> {
        let lookup = Arc::new(Here(stage.address.ip()));
        let (port, authority) = (stage.address.port(), Some(stage.authority.clone()));
        Self::set_up(policy, Ground { lookup, port, authority })
    }
}

/// Answers every name with one address.
struct Here(IpAddr);

impl Lookup for Here {
    fn lookup(&self, _: &str) -> Lookups {
        let address = self.0;
        Box::pin(async move { Ok(vec![address]) })
    }
}
