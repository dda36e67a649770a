//! Listing topics, by Metadata.

use ottla_wire::api::metadata::MetadataRequest;
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use super::Admin;
use crate::client::Target;
use crate::error::{ApiError, ClientError};

/// A topic of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicListing {
    /// Its name.
    pub name: KafkaString,
    /// Its id; zero where nodes do not tell it.
    pub id: Uuid,
    /// Whether the brokers keep it for their own use.
    pub is_internal: bool,
}

impl Admin {
    /// All topics, internal ones included, by name.
    ///
    /// # Errors
    ///
    /// The request failed.
    pub async fn list_topics(&self) -> Result<Vec<TopicListing>, ClientError> {
        let request =
            MetadataRequest { topics: None, allow_auto_topic_creation: false, ..MetadataRequest::default() };
        let code = |code: i16| ErrorCode::from(code);
        let response = self.call(&Target::Any, request, |response| code(response.error_code)).await?;
        ApiError::check(response.error_code, None)?;
        let mut topics = Vec::with_capacity(response.topics.len());
        for topic in response.topics {
            let Some(name) = topic.name else { continue };
            topics.push(TopicListing { name, id: topic.topic_id, is_internal: topic.is_internal });
        }
        topics.sort();
        Ok(topics)
    }
}
