//! Apache Kafka's node and the one that is held beside it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use ottla_rival::{Node, Pair, Whose};
use ottla_wire::Versions;
use ottla_wire::api::ApiKey;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::connection::Connection;
use crate::normalise::Own;
use crate::request;

/// How long a node may take to tell what it offers.
const PATIENCE: Duration = Duration::from_secs(20);

/// The version of ApiVersions that tells most.
const API_VERSIONS: i16 = 4;

/// One of the two.
#[derive(Debug)]
pub(crate) struct Side<'a> {
    node: Node<'a>,
    pub(crate) own: Own,
    /// What it offers, by key.
    pub(crate) offers: BTreeMap<i16, Versions>,
}

impl<'a> Side<'a> {
    /// A fresh node of `whose`, which runs.
    pub(crate) fn start(pair: &'a Pair, whose: Whose, name: &str) -> anyhow::Result<Self> {
        let mut node = Node::formatted(pair, whose, name)?;
        node.start()?;
        let texts = vec![
            (node.data().display().to_string(), "<data>"),
            (node.dir().display().to_string(), "<dir>"),
            (format!(":{}", node.port()), ":<port>"),
            (format!(":{}", node.controller_port()), ":<controller port>"),
        ];
        let own = Own { texts, ports: [node.port(), node.controller_port()] };
        let offers = offers(node.port())?;
        Ok(Self { node, own, offers })
    }

    pub(crate) fn port(&self) -> u16 {
        self.node.port()
    }

    /// An error if it has ended.
    pub(crate) fn must_run(&mut self) -> anyhow::Result<()> {
        self.node.must_run()
    }
}

/// What a node says that it offers, by key.
fn offers(port: u16) -> anyhow::Result<BTreeMap<i16, Versions>> {
    let body = json!({ "clientSoftwareName": "differential", "clientSoftwareVersion": "1" });
    let mut connection = Connection::open(port)?;
    connection.send_frame(&request::encode(ApiKey::ApiVersions, API_VERSIONS, 1, &body)?);
    let received = connection.receive(PATIENCE)?;
    let answer = Answer::read(&received, ApiKey::ApiVersions, API_VERSIONS, 1);
    let Answer::Body(body) = answer else { bail!("ApiVersions is answered by {answer}") };
    let number = |value: &Value| value.as_i64().and_then(|number| i16::try_from(number).ok());
    let apis = body["apiKeys"].as_array().context("no list of APIs")?;
    let offers = apis.iter().map(|api| {
        let versions = Versions::new(number(&api["minVersion"])?, number(&api["maxVersion"])?);
        Some((number(&api["apiKey"])?, versions))
    });
    offers.collect::<Option<_>>().context("an API without versions")
}

/// Both.
#[derive(Debug)]
pub(crate) struct Duo<'a> {
    /// Apache Kafka's first.
    pub(crate) sides: [Side<'a>; 2],
}

impl Duo<'_> {
    /// The versions that both offer.
    pub(crate) fn versions(&self, api: ApiKey) -> Option<Versions> {
        let of = |side: &Side<'_>| side.offers.get(&api.number()).copied();
        // Produce is offered from version 0 on for the sake of old clients, and refused below 3.
        let readable = api.api()?.request.valid;
        let both = of(&self.sides[0])?.intersect(of(&self.sides[1])?).intersect(readable);
        (!both.is_empty()).then_some(both)
    }

    /// An error if one has ended.
    pub(crate) fn must_run(&mut self) -> anyhow::Result<()> {
        self.sides.iter_mut().try_for_each(Side::must_run)
    }
}
