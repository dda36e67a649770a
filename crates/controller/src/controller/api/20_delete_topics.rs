//! DeleteTopics, API key 20: topics are deleted by their names or ids.

use std::collections::{BTreeMap, BTreeSet};

use ottla_record::Timestamp;
use ottla_wire::api::delete_topics::{DeletableTopicResult, DeleteTopicsRequest, DeleteTopicsResponse};
use ottla_wire::metadata::remove_topic::RemoveTopicRecord;
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use crate::controller::Controller;
use crate::controller::error::{ApiError, check_size};
use crate::outcome::{Outcome, VersionedRecord};

/// From this version on there is an error of its own for a cluster that has deletion turned off.
const KNOWS_DELETION_DISABLED: i16 = 3;

/// What a request asks to delete, sorted out.
#[derive(Default)]
struct Wanted {
    names: BTreeSet<KafkaString>,
    duplicate_names: BTreeSet<KafkaString>,
    ids: BTreeSet<Uuid>,
    duplicate_ids: BTreeSet<Uuid>,
    results: Vec<DeletableTopicResult>,
}

impl Controller {
    /// DeleteTopics, of any version: deletes each topic that it can, and says of the others why it cannot.
    pub fn handle_delete_topics(
        &mut self,
        _now: Timestamp,
        request: &DeleteTopicsRequest,
        version: i16,
    ) -> Outcome<DeleteTopicsResponse> {
        let (records, responses) = match self.delete_topics(request, version) {
            Ok(outcome) => outcome,
            Err(error) => (Vec::new(), refuse_all(request, &error)),
        };
        let response = DeleteTopicsResponse { responses, ..DeleteTopicsResponse::default() };
        Outcome::atomic(records, response)
    }

    fn delete_topics(
        &self,
        request: &DeleteTopicsRequest,
        request_version: i16,
    ) -> Result<(Vec<VersionedRecord>, Vec<DeletableTopicResult>), ApiError> {
        self.metadata_version()?;
        if !self.options.config.keys.general.delete_topic_enable {
            return Err(if request_version < KNOWS_DELETION_DISABLED {
                let message = "This version does not support topic deletion.";
                ApiError::new(ErrorCode::InvalidRequest, message)
            } else {
                ApiError { code: ErrorCode::TopicDeletionDisabled, message: None }
            });
        }
        let mut wanted = Wanted::of(request);
        let named = self.resolve(&mut wanted);
        check_size(named.len())?;
        let mut records = Vec::new();
        for (id, name) in named {
            let record = RemoveTopicRecord { topic_id: id, ..RemoveTopicRecord::default() };
            records.push(VersionedRecord::new(record, 0));
            wanted.results.push(result(Some(name), id, None));
        }
        Ok((records, wanted.results))
    }

    /// The topics to delete, by their ids. Those that are not there, or asked for twice, get their results.
    fn resolve(&self, wanted: &mut Wanted) -> BTreeMap<Uuid, KafkaString> {
        let topics = self.image.topics();
        let mut resolved = BTreeMap::new();
        for &id in &wanted.ids {
            match topics.topic(id) {
                Some(topic) => drop(resolved.insert(id, topic.name.clone())),
                None => {
                    let error = ApiError::plain(ErrorCode::UnknownTopicId);
                    wanted.results.push(result(None, id, Some(&error)));
                }
            }
        }
        for name in &wanted.names {
            let Some(id) = topics.topic_id(name) else {
                let error = ApiError::plain(ErrorCode::UnknownTopicOrPartition);
                wanted.results.push(result(Some(name.clone()), Uuid::ZERO, Some(&error)));
                continue;
            };
            if wanted.duplicate_ids.contains(&id) || resolved.insert(id, name.clone()).is_some() {
                resolved.remove(&id);
                let error = ApiError::new(
                    ErrorCode::InvalidRequest,
                    "The provided topic name maps to an ID that was already supplied.",
                );
                wanted.results.push(result(Some(name.clone()), id, Some(&error)));
            }
        }
        resolved
    }
}

impl Wanted {
    fn of(request: &DeleteTopicsRequest) -> Self {
        let mut wanted = Self::default();
        for name in &request.topic_names {
            wanted.add_name(name);
        }
        let invalid = |message: &str| ApiError::new(ErrorCode::InvalidRequest, message);
        for topic in &request.topics {
            match &topic.name {
                Some(name) if topic.topic_id.is_zero() => wanted.add_name(name),
                Some(name) => {
                    let error = invalid("You may not specify both topic name and topic id.");
                    wanted.results.push(result(Some(name.clone()), topic.topic_id, Some(&error)));
                }
                None if topic.topic_id.is_zero() => {
                    let error = invalid("Neither topic name nor id were specified.");
                    wanted.results.push(result(None, Uuid::ZERO, Some(&error)));
                }
                None => add_once(&mut wanted.ids, &mut wanted.duplicate_ids, topic.topic_id),
            }
        }
        for name in &wanted.duplicate_names {
            let error = invalid("Duplicate topic name.");
            wanted.results.push(result(Some(name.clone()), Uuid::ZERO, Some(&error)));
        }
        for &id in &wanted.duplicate_ids {
            let error = invalid("Duplicate topic id.");
            wanted.results.push(result(None, id, Some(&error)));
        }
        wanted
    }

    fn add_name(&mut self, name: &KafkaString) {
        add_once(&mut self.names, &mut self.duplicate_names, name.clone());
    }
}

/// Keeps what comes once; what comes more often is a duplicate and nothing else.
fn add_once<T: Ord + Clone>(once: &mut BTreeSet<T>, duplicates: &mut BTreeSet<T>, item: T) {
    if duplicates.contains(&item) {
        return;
    }
    if !once.insert(item.clone()) {
        once.remove(&item);
        duplicates.insert(item);
    }
}

fn result(name: Option<KafkaString>, topic_id: Uuid, error: Option<&ApiError>) -> DeletableTopicResult {
    DeletableTopicResult {
        name,
        topic_id,
        error_code: error.map_or(ErrorCode::None, |error| error.code).number(),
        error_message: error.and_then(ApiError::text),
        ..DeletableTopicResult::default()
    }
}

fn refuse_all(request: &DeleteTopicsRequest, error: &ApiError) -> Vec<DeletableTopicResult> {
    let by_name = request.topic_names.iter().map(|name| result(Some(name.clone()), Uuid::ZERO, Some(error)));
    let by_either =
        request.topics.iter().map(|topic| result(topic.name.clone(), topic.topic_id, Some(error)));
    by_name.chain(by_either).collect()
}
