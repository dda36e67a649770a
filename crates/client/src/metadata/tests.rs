//! The view of the cluster, against nodes in memory.

use std::time::Duration;

use ottla_wire::ErrorCode;
use ottla_wire::api::RequestBody;
use ottla_wire::api::metadata::MetadataResponseTopic;
use tokio::time::Instant;

use super::{Metadata, MetadataOptions};
use crate::client::Client;
use crate::testing::{Answer, Asked, Nodes, config, metadata};

fn client(nodes: &Nodes) -> Client {
    Client::with_connector(config(), MetadataOptions::default(), Box::new(nodes.clone()))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn topics(asked: &Asked) -> Vec<String> {
    let RequestBody::Metadata(request) = &asked.body else { panic!("{asked:?}") };
    let names = request.topics.iter().flatten().filter_map(|topic| topic.name.as_ref());
    names.map(ToString::to_string).collect()
}

async fn known(metadata: &Metadata) -> u64 {
    metadata.known(soon()).await.unwrap().version
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_until_somebody_wants_to_know() {
    let nodes = Nodes::new(|_| metadata(2, &[]).into());
    let client = client(&nodes);
    tokio::time::sleep(Duration::from_secs(1000)).await;
    assert_eq!(nodes.connections(), 0);
    assert_eq!(known(client.metadata()).await, 1);
    assert_eq!(client.metadata().cluster().brokers.len(), 2);
    assert_eq!(client.metadata().cluster().controller, Some(2));
    assert_eq!(nodes.log().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_topic_is_waited_for() {
    let mut round = 0;
    let nodes = Nodes::new(move |_| {
        round += 1;
        let mut answer = metadata(1, &[("t", &[1])]);
        if round < 3 {
            answer.topics = vec![MetadataResponseTopic {
                name: Some("t".into()),
                error_code: ErrorCode::UnknownTopicOrPartition.number(),
                ..MetadataResponseTopic::default()
            }];
        }
        answer.into()
    });
    let client = client(&nodes);
    let topic = client.metadata().topic(&"t".into(), soon()).await.unwrap();
    assert_eq!((topic.partitions.len(), nodes.log().len()), (1, 3));
    assert_eq!(topics(&nodes.log()[0]), ["t"]);
    // The view is old after metadata.max.age.ms.
    tokio::time::sleep(Duration::from_secs(301)).await;
    assert_eq!(nodes.log().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_cannot_be_is_not_waited_for() {
    let nodes = Nodes::new(|_| {
        let mut answer = metadata(1, &[("t", &[])]);
        answer.topics[0].error_code = ErrorCode::InvalidTopicException.number();
        answer.into()
    });
    let error = client(&nodes).metadata().topic(&"t".into(), soon()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidTopicException);
    assert_eq!(nodes.log().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_node_is_asked_when_one_is_gone_and_the_first_ones_when_all_are() {
    let nodes = Nodes::new(|asked| {
        // After the disaster the address of the bootstrap node leads to another cluster.
        let answer = metadata(if asked.connection < 3 { 3 } else { 1 }, &[]);
        answer.into()
    });
    let client = client(&nodes);
    client.metadata().known(soon()).await.unwrap();
    let first = client.metadata().refresh(soon()).await.unwrap();
    assert_eq!(first.version, 2);
    let used = nodes.log()[1].port;
    nodes.set_down(used, true);
    client.close();
    assert_eq!(client.metadata().refresh(soon()).await.unwrap().version, 3);
    assert_ne!(nodes.log()[2].port, used);
}

#[tokio::test(start_paused = true)]
async fn all_nodes_gone_means_beginning_again() {
    let nodes = Nodes::new(|asked| {
        let mut answer = metadata(1, &[]);
        if asked.connection == 0 {
            answer.brokers[0].port = 9077;
        }
        answer.into()
    });
    nodes.set_down(9077, true);
    let client = client(&nodes);
    assert_eq!(client.metadata().known(soon()).await.unwrap().brokers[&1].address.port, 9077);
    assert_eq!(client.metadata().refresh(soon()).await.unwrap().brokers[&1].address.port, 9001);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_never_answers_is_given_up() {
    let nodes = Nodes::new(|_| Answer::Close);
    let error = client(&nodes).metadata().known(soon()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "timed out waiting for the cluster after 20000 ms, at last: the node closed the connection"
    );
}
