//! DeleteTopics.

use ottla_wire::api::ApiKey;
use ottla_wire::api::delete_topics::{DeleteTopicState, DeleteTopicsRequest, DeleteTopicsResponse};
use ottla_wire::{KafkaString, Uuid, Versions};

use super::{Admin, Results, complete, not_controller, outcome};
use crate::client::{CallOptions, Target};
use crate::error::ClientError;

/// A topic by its name or id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TopicSelector {
    /// The topic of this name.
    Name(KafkaString),
    /// The topic with this id.
    Id(Uuid),
}

impl Admin {
    /// Deletes topics, each by itself.
    ///
    /// # Errors
    ///
    /// The whole request failed; a node from before version 6 knows no ids.
    pub async fn delete_topics(
        &self,
        topics: &[TopicSelector],
    ) -> Result<Results<TopicSelector, ()>, ClientError> {
        let needs_ids = topics.iter().any(|topic| matches!(topic, TopicSelector::Id(_)));
        let versions = if needs_ids { Versions::new(6, i16::MAX) } else { Versions::ALL };
        let options = CallOptions { versions, ..self.options() };
        let response = self
            .client
            .call(
                &Target::Controller,
                options,
                |version| self.deletion(topics, version),
                |response| not_controller(response.responses.iter().map(|topic| topic.error_code)),
            )
            .await?;
        let missing = || ClientError::Incomplete { api: ApiKey::DeleteTopics, missing: "a topic".to_owned() };
        Ok(complete(results(&response, topics), topics.iter().cloned(), missing))
    }

    /// Names have moved into a list that takes ids as well in version 6 (KIP-516).
    fn deletion(&self, topics: &[TopicSelector], version: i16) -> DeleteTopicsRequest {
        let mut request =
            DeleteTopicsRequest { timeout_ms: self.timeout_ms(), ..DeleteTopicsRequest::default() };
        for topic in topics {
            let state = match topic {
                TopicSelector::Name(name) if version < 6 => {
                    request.topic_names.push(name.clone());
                    continue;
                }
                TopicSelector::Name(name) => {
                    DeleteTopicState { name: Some(name.clone()), ..DeleteTopicState::default() }
                }
                TopicSelector::Id(id) => DeleteTopicState { topic_id: *id, ..DeleteTopicState::default() },
            };
            request.topics.push(state);
        }
        request
    }
}

fn results(response: &DeleteTopicsResponse, topics: &[TopicSelector]) -> Results<TopicSelector, ()> {
    let asked = |topic: &TopicSelector| topics.contains(topic);
    let mut results = Results::new();
    for topic in &response.responses {
        let by_id = TopicSelector::Id(topic.topic_id);
        let selector = match &topic.name {
            Some(name) if !asked(&by_id) => TopicSelector::Name(name.clone()),
            _ => by_id,
        };
        results.insert(selector, outcome(topic.error_code, topic.error_message.as_ref()));
    }
    results
}
