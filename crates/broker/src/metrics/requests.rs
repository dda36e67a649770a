//! What has been asked of a node: `kafka.network:type=RequestMetrics`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ottla_wire::api::ApiKey;
use prometheus_client::encoding::DescriptorEncoder;

use super::encode::{self, Labels};
use super::histogram::{QUANTILES, RecentHistogram};
use crate::api::{SERVED, served_index};

/// More versions than any API has.
const VERSIONS: usize = 32;

/// What has been asked of a node.
#[derive(Debug)]
pub(crate) struct RequestMetrics {
    /// In the order of [`SERVED`].
    apis: Vec<ApiMetrics>,
}

/// The requests of one API.
#[derive(Debug)]
struct ApiMetrics {
    by_version: [AtomicU64; VERSIONS],
    total_time_us: RecentHistogram,
    request_bytes: RecentHistogram,
}

impl RequestMetrics {
    /// Nothing asked yet.
    pub(crate) fn new() -> Self {
        let api = || ApiMetrics {
            by_version: std::array::from_fn(|_| AtomicU64::new(0)),
            total_time_us: RecentHistogram::new(),
            request_bytes: RecentHistogram::new(),
        };
        Self { apis: SERVED.iter().map(|_| api()).collect() }
    }

    /// Counts a request that has come in at `now`, which is time since the node's start.
    pub(crate) fn received(&self, key: ApiKey, version: i16, bytes: usize, now: Duration) {
        let Some(api) = self.api(key) else { return };
        if let Some(count) = usize::try_from(version).ok().and_then(|version| api.by_version.get(version)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        api.request_bytes.add(now, bytes as u64);
    }

    /// Counts a request as answered at `now`.
    pub(crate) fn answered(&self, key: ApiKey, received: Duration, now: Duration) {
        if let Some(api) = self.api(key) {
            api.total_time_us.add(now, now.saturating_sub(received).as_micros() as u64);
        }
    }

    fn api(&self, key: ApiKey) -> Option<&ApiMetrics> {
        self.apis.get(served_index(key)?)
    }

    pub(super) fn encode(&self, encoder: &mut DescriptorEncoder<'_>, now: Duration) -> std::fmt::Result {
        const PREFIX: &str = "kafka_network_requestmetrics_";
        let asked = || SERVED.iter().zip(&self.apis).filter(|(_, api)| api.request_bytes.count() > 0);
        let counts = asked().flat_map(|(key, api)| {
            let versions = api.by_version.iter().enumerate();
            versions.filter_map(|(version, count)| match count.load(Ordering::Relaxed) {
                0 => None,
                count => {
                    Some((vec![("request", key.name().to_owned()), ("version", version.to_string())], count))
                }
            })
        });
        encode::counters(encoder, &format!("{PREFIX}requests"), "Requests received", counts)?;
        let times = |api: &ApiMetrics| api.total_time_us.quantiles(now).map(|us| us as f64 / 1000.0);
        let sizes = |api: &ApiMetrics| api.request_bytes.quantiles(now).map(|bytes| bytes as f64);
        let name = format!("{PREFIX}totaltimems");
        let of = |quantiles: &dyn Fn(&ApiMetrics) -> [f64; QUANTILES.len()]| -> Vec<(Labels, f64)> {
            asked().flat_map(|(key, api)| labelled(*key, quantiles(api))).collect()
        };
        encode::gauges(encoder, &name, "Milliseconds from a request to its answer", of(&times))?;
        let answered = asked()
            .map(|(key, api)| (vec![("request", key.name().to_owned())], api.total_time_us.count() as f64));
        encode::gauges(encoder, &format!("{name}_count"), "Requests answered", answered)?;
        let name = format!("{PREFIX}requestbytes");
        encode::gauges(encoder, &name, "Sizes of requests in bytes", of(&sizes))?;
        let received = asked()
            .map(|(key, api)| (vec![("request", key.name().to_owned())], api.request_bytes.count() as f64));
        encode::gauges(encoder, &format!("{name}_count"), "Requests received", received)
    }
}

fn labelled(key: ApiKey, quantiles: [f64; QUANTILES.len()]) -> Vec<(Labels, f64)> {
    let labels = |quantile: &str| vec![("request", key.name().to_owned()), ("quantile", quantile.to_owned())];
    QUANTILES.iter().zip(quantiles).map(|((name, _), value)| (labels(name), value)).collect()
}
