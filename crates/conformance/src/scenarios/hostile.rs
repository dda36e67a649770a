//! Bytes that no client sends: the node refuses them as Kafka does, serves the others on, and its memory stays in bounds.

mod batches;
mod requests;

use anyhow::{bail, ensure};
use ottla_rival::Node;
use ottla_wire::api::metadata::MetadataRequest;
use ottla_wire::api::{RequestBody, ResponseBody};

use super::Scenario;
use crate::bed::Bed;
use crate::raw::Raw;
use crate::report::Report;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "hostile",
    about: "garbage, lies and bombs: refused, and others are served on",
    is_of_our_tools: false,
    run,
};

/// What the node may have held in memory at any moment. Apache Kafka's is bounded by its heap, 512 MiB, and what Java
/// needs besides.
const MEMORY_KIB_MAX: u64 = 1 << 20;

fn run(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let mut node = bed.fresh("hostile")?;
    let mut other = Raw::connect(&node)?;
    report.check("a peaceful client", || is_served(&mut other));
    for attack in requests::ATTACKS.iter().chain(batches::ATTACKS) {
        report.check(attack.name, || {
            (attack.run)(&node)?;
            node.must_run()?;
            let peak = node.server()?.memory_kib("VmHWM")?;
            ensure!(peak <= MEMORY_KIB_MAX, "the node took {} MiB of memory", peak >> 10);
            is_served(&mut other)?;
            is_served(&mut Raw::connect(&node)?)
        });
    }
    report.check("the node still stops in order", || node.stop());
    Ok(())
}

/// One thing that no client does.
struct Attack {
    name: &'static str,
    run: fn(&Node<'_>) -> anyhow::Result<()>,
}

/// An error unless the node tells this connection of the cluster.
fn is_served(connection: &mut Raw) -> anyhow::Result<()> {
    let request = MetadataRequest { topics: Some(Vec::new()), ..MetadataRequest::default() };
    match connection.ask(12, &RequestBody::Metadata(request))? {
        ResponseBody::Metadata(metadata) => {
            ensure!(metadata.brokers.len() == 1, "a peaceful client saw {} brokers", metadata.brokers.len());
            Ok(())
        }
        other => bail!("a peaceful client was answered {other:?}"),
    }
}
