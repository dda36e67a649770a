//! Where others reach this node: what the configuration says, with hosts and ports that are known only at the start.

use std::net::{SocketAddr, ToSocketAddrs};

use ottla_config::Endpoint;

const LOCALHOST: &str = "localhost";

/// Completes endpoints that are told to others: a host that was not named is this machine's own name, a port of 0 is the one
/// that the operating system chose for the listener.
pub(crate) fn completed(endpoints: &[Endpoint], bound: &[(String, SocketAddr)]) -> Vec<Endpoint> {
    let completed = |endpoint: &Endpoint| {
        let port_of_listener = || {
            let listener = bound.iter().find(|(name, _)| name == endpoint.listener.as_str());
            listener.map_or(0, |(_, address)| address.port())
        };
        Endpoint {
            host: Some(endpoint.host.clone().unwrap_or_else(machine_name)),
            port: if endpoint.port == 0 { port_of_listener() } else { endpoint.port },
            ..endpoint.clone()
        }
    };
    endpoints.iter().map(completed).collect()
}

/// The name under which this machine can be reached, as far as it knows itself.
fn machine_name() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy().into_owned();
    let addresses = (name.as_str(), 0).to_socket_addrs();
    match addresses.ok().and_then(|mut addresses| addresses.next()) {
        Some(address) if !address.ip().is_loopback() => name,
        _ => LOCALHOST.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use ottla_config::{ListenerName, SecurityProtocol};

    use super::*;

    #[test]
    fn what_is_open_is_filled_in() {
        let endpoint = |name, host: Option<&str>, port| Endpoint {
            listener: ListenerName::new(name).expect("a name"),
            security_protocol: SecurityProtocol::Plaintext,
            host: host.map(str::to_owned),
            port,
        };
        let bound = [("A".to_owned(), SocketAddr::from(([127, 0, 0, 1], 4711)))];
        let told =
            completed(&[endpoint("A", Some("example.com"), 0), endpoint("B", Some("b"), 9093)], &bound);
        assert_eq!(told, [endpoint("A", Some("example.com"), 4711), endpoint("B", Some("b"), 9093)]);
        let told = completed(&[endpoint("A", None, 1)], &bound);
        assert!(told[0].host.as_ref().is_some_and(|host| !host.is_empty()), "{told:?}");
    }
}
