//! How many connections there may be, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts the connections of a node.
#[derive(Debug)]
pub(crate) struct ConnectionLimits {
    connections_max: usize,
    per_address_max: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    count: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place among the connections, given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    limits: Arc<ConnectionLimits>,
    address: IpAddr,
}

/// Why another connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooManyConnectionsError {
    /// There are as many as there may be.
    #[error("{0} connections are open (max.connections)")]
    Node(usize),
    /// This address has as many as it may have.
    #[error("{count} connections from {address} are open (max.connections.per.ip)")]
    Address {
        /// The address.
        address: IpAddr,
        /// Its connections.
        count: usize,
    },
}

impl ConnectionLimits {
    /// None open yet.
    pub(crate) fn new(connections_max: usize, per_address_max: usize) -> Arc<Self> {
        Arc::new(Self { connections_max, per_address_max, open: Mutex::default() })
    }

    /// A place for a connection from `address`.
    ///
    /// # Errors
    ///
    /// If there are too many already.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Permit, TooManyConnectionsError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.count >= self.connections_max {
            return Err(TooManyConnectionsError::Node(open.count));
        }
        let count = open.by_address.entry(address).or_default();
        if *count >= self.per_address_max {
            return Err(TooManyConnectionsError::Address { address, count: *count });
        }
        *count += 1;
        open.count += 1;
        Ok(Permit { limits: Arc::clone(self), address })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.limits.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.count -= 1;
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admits_up_to_the_limits_and_again_when_a_place_is_given_back() {
        let limits = ConnectionLimits::new(2, 1);
        let one = IpAddr::from([10, 0, 0, 1]);
        let first = limits.admit(one).unwrap();
        assert_eq!(
            limits.admit(one).unwrap_err(),
            TooManyConnectionsError::Address { address: one, count: 1 }
        );
        let _second = limits.admit(IpAddr::from([10, 0, 0, 2])).unwrap();
        let third = limits.admit(IpAddr::from([10, 0, 0, 3]));
        assert_eq!(third.unwrap_err(), TooManyConnectionsError::Node(2));
        drop(first);
        assert!(limits.admit(one).is_ok());
    }
}
