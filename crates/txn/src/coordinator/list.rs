//! ListTransactions.

use ottla_coordinator::{Now, Token};
use ottla_record::Timestamp;
use ottla_wire::api::list_transactions::TransactionState;
use ottla_wire::messages::ListTransactionsRequest;
use ottla_wire::{ErrorCode, KafkaString};
use regex::{Regex, RegexBuilder};

use super::TransactionCoordinator;
use crate::metadata::TransactionMetadata;
use crate::outcome::{Outcome, Response};

/// Bytes that a compiled pattern may take.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Which transactions a ListTransactions request asks for; made once and put to each coordinator.
#[derive(Debug, Clone)]
pub struct TransactionFilter {
    /// Names of states; none for all.
    states: Vec<KafkaString>,
    unknown_states: Vec<KafkaString>,
    /// Producer ids; none for all.
    producer_ids: Vec<i64>,
    /// Milliseconds that a transaction must have lasted at least; none for any.
    duration_ms: Option<i64>,
    /// What a transactional id must look like as a whole.
    pattern: Option<Regex>,
}

impl TransactionFilter {
    /// What a request asks for.
    ///
    /// # Errors
    /// `INVALID_REGULAR_EXPRESSION` if the pattern is none, is too large, or looks around or back, which Java's patterns
    /// can and these cannot.
    pub fn new(request: &ListTransactionsRequest) -> Result<Self, ErrorCode> {
        let pattern = request.transactional_id_pattern.as_deref().filter(|pattern| !pattern.is_empty());
        let mut unknown_states: Vec<KafkaString> = Vec::new();
        for name in &request.state_filters {
            if !crate::TransactionState::is_name(name) && !unknown_states.contains(name) {
                unknown_states.push(name.clone());
            }
        }
        Ok(Self {
            states: request.state_filters.clone(),
            unknown_states,
            producer_ids: request.producer_id_filters.clone(),
            duration_ms: Some(request.duration_filter).filter(|duration| *duration >= 0),
            pattern: pattern.map(whole_pattern).transpose()?,
        })
    }

    /// Names of states in the request that no transaction can be in, each once: the answer repeats them.
    pub fn unknown_states(&self) -> &[KafkaString] {
        &self.unknown_states
    }

    fn matches(&self, id: &str, metadata: &TransactionMetadata, now: Timestamp) -> bool {
        let state = metadata.state.name();
        let lasted_ms = now.0.saturating_sub(metadata.start_timestamp.0);
        (self.producer_ids.is_empty() || self.producer_ids.contains(&metadata.producer_id.0))
            && (self.states.is_empty() || self.states.iter().any(|name| name == state))
            && self.duration_ms.is_none_or(|duration_ms| lasted_ms > duration_ms)
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(id))
    }
}

/// A pattern that matches a text only as a whole.
fn whole_pattern(pattern: &str) -> Result<Regex, ErrorCode> {
    let compile = |pattern: &str| {
        let regex = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build();
        regex.map_err(|error| {
            tracing::debug!(%error, "pattern of transactional ids is not understood");
            ErrorCode::InvalidRegularExpression
        })
    };
    // Some text that is no pattern by itself is one in parentheses.
    compile(pattern)?;
    compile(&format!(r"\A(?:{pattern})\z"))
}

impl TransactionCoordinator {
    /// Lists the transactions that are asked for. What the client may know is left to the sender.
    pub fn handle_list_transactions(
        &mut self,
        now: Now,
        filter: &TransactionFilter,
        token: Token,
    ) -> Outcome {
        let matching =
            self.transactions().filter(|(id, metadata)| filter.matches(id, metadata, now.time_of_day));
        let listed = matching.map(|(id, metadata)| TransactionState {
            transactional_id: id.clone(),
            producer_id: metadata.producer_id.0,
            transaction_state: KafkaString::from_static(metadata.state.name()),
            ..TransactionState::default()
        });
        let listed = listed.collect();
        self.reply(token, Response::ListTransactions(listed));
        self.take_outcome()
    }
}
