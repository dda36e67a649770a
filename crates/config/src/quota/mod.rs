//! Quotas, and the credentials that are kept beside those of users.

mod client;
mod ip;
mod scram;

pub use client::ClientQuotaConfig;
pub use ip::IpQuotaConfig;
pub use scram::ScramConfig;
