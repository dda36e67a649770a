//! Ports that nobody listens on.

use std::net::TcpListener;

use anyhow::Context;

/// Free ports of the loopback, below those the kernel gives to outgoing connections. Where the search begins hangs on
/// our process, so that two of us side by side seldom meet.
pub fn free<const N: usize>() -> anyhow::Result<[u16; N]> {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000)?;
    let mut free = (first..32_000).filter(|port| is_free(*port));
    let mut ports = [0; N];
    for port in &mut ports {
        *port = free.next().context("no free port below 32000")?;
    }
    Ok(ports)
}

/// Whether nobody listens on this port, on any address.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(("0.0.0.0", port)).is_ok()
}
