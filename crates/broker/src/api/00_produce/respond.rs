//! The answer to a produce request.

use std::sync::Arc;

use ottla_wire::ErrorCode;
use ottla_wire::api::produce::{ProduceResponse, TopicProduceResponse};

use super::ACKS_NONE;
use super::append::Appended;
use crate::api::{Reply, RequestContext};
use crate::broker::Broker;

/// What goes back: a message, or, where the client wants none, nothing; it learns of a failure by losing its connection.
pub(super) fn reply(
    _broker: &Arc<Broker>,
    _context: &RequestContext,
    acks: i16,
    appended: Vec<Appended>,
) -> Reply {
    if acks == ACKS_NONE {
        return silent_reply(&appended);
    }
    Reply::message(message(appended))
}

fn silent_reply(appended: &[Appended]) -> Reply {
    let failed = appended.iter().find(|appended| appended.response.error_code != ErrorCode::None.number());
    match failed {
        None => Reply::Nothing,
        Some(failed) => {
            let error = ErrorCode::from_number(failed.response.error_code).map_or("?", ErrorCode::name);
            let index = failed.response.index;
            Reply::Close(format!(
                "produce with acks=0 to partition {index} of {:?} failed with {error}",
                failed.topic
            ))
        }
    }
}

/// The outcomes by topic, in the order of the request.
pub(super) fn message(appended: Vec<Appended>) -> ProduceResponse {
    let mut responses: Vec<TopicProduceResponse> = Vec::new();
    for Appended { topic, topic_id, response, .. } in appended {
        match responses.last_mut().filter(|last| last.name == topic && last.topic_id == topic_id) {
            Some(last) => last.partition_responses.push(response),
            None => responses.push(TopicProduceResponse {
                name: topic,
                topic_id,
                partition_responses: vec![response],
                ..TopicProduceResponse::default()
            }),
        }
    }
    ProduceResponse { responses, ..ProduceResponse::default() }
}
