//! DeleteTopics, versions 1 to 6: the controller deletes topics, by name or by id.
//!
//! Missing: authorization, quotas of topic deletion.

use std::sync::Arc;

use ottla_wire::api::delete_topics::{DeletableTopicResult, DeleteTopicsRequest, DeleteTopicsResponse};

use super::RequestContext;
use super::forwarding::UNAVAILABLE;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: DeleteTopicsRequest,
) -> DeleteTopicsResponse {
    let version = context.api_version;
    let refused = refused(&request);
    let decided = broker.controller.delete_topics(request, version);
    decided
        .await
        .unwrap_or_else(|_| DeleteTopicsResponse { responses: refused, ..DeleteTopicsResponse::default() })
}

fn refused(request: &DeleteTopicsRequest) -> Vec<DeletableTopicResult> {
    let result =
        || DeletableTopicResult { error_code: UNAVAILABLE.number(), ..DeletableTopicResult::default() };
    let named =
        request.topic_names.iter().map(|name| DeletableTopicResult { name: Some(name.clone()), ..result() });
    let others = request.topics.iter().map(|topic| DeletableTopicResult {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        ..result()
    });
    named.chain(others).collect()
}
