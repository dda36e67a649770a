//! CreateTopics, versions 2 to 7: the controller creates topics.
//!
//! The answer waits until this node leads its partitions of them.
//!
//! Missing: authorization, quotas of topic creation.

use std::sync::Arc;

use ottla_wire::api::create_topics::{CreatableTopicResult, CreateTopicsRequest, CreateTopicsResponse};

use super::RequestContext;
use super::forwarding::UNAVAILABLE;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: CreateTopicsRequest,
) -> CreateTopicsResponse {
    let via = context.via();
    let request = Arc::new(request);
    let asked = Arc::clone(&request);
    let decided = broker.controller.decide(move |core, now, _| core.handle_create_topics(now, &asked, via));
    decided.await.unwrap_or_else(|_| {
        let topics = request.topics.iter().map(|topic| CreatableTopicResult {
            name: topic.name.clone(),
            error_code: UNAVAILABLE.number(),
            ..CreatableTopicResult::default()
        });
        CreateTopicsResponse { topics: topics.collect(), ..CreateTopicsResponse::default() }
    })
}
