//! What a request is about, in or out of a session.

use std::time::Duration;

use hashbrown::HashMap;
use ottla_wire::ErrorCode;

use super::cache::{FetchSessions, SessionHandle};
use super::session::{
    Answer, FINAL_EPOCH, INITIAL_EPOCH, PARTITIONS_MAX, PartitionKey, Session, WantedPartition, next_epoch,
};

/// What a request says of its session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FetchHeader {
    /// The session, 0 for none.
    pub(crate) session_id: i32,
    /// The request's number in the session: 0 begins one, -1 ends it.
    pub(crate) session_epoch: i32,
    /// Whether it names topics by their ids.
    pub(crate) uses_topic_ids: bool,
    /// Whether a follower sends it.
    pub(crate) is_from_follower: bool,
    /// Now, in monotonic time.
    pub(crate) now: Duration,
}

/// In place of a session's id: none.
const NO_SESSION: i32 = 0;

/// What a request is about.
#[derive(Debug)]
pub(crate) enum FetchContext {
    /// It stands for itself.
    Sessionless,
    /// It is to begin a session.
    Full(FetchHeader),
    /// It goes on with a session.
    Incremental {
        /// The session.
        session: SessionHandle,
        /// The epoch it had after the request came.
        epoch: i32,
    },
}

impl FetchSessions {
    /// Finds out what a request is about, and what is to be read, in order.
    ///
    /// # Errors
    ///
    /// If the session is not there, or the request is not its next one.
    pub(crate) fn begin(
        &self,
        header: FetchHeader,
        wanted: Vec<WantedPartition>,
        forgotten: Vec<PartitionKey>,
    ) -> Result<(FetchContext, Vec<WantedPartition>), ErrorCode> {
        if header.session_epoch == INITIAL_EPOCH || header.session_epoch == FINAL_EPOCH {
            if header.session_id != NO_SESSION {
                self.remove(header.session_id);
            }
            let context = match header.session_epoch {
                FINAL_EPOCH => FetchContext::Sessionless,
                _ => FetchContext::Full(header),
            };
            return Ok((context, distinct(wanted)));
        }
        self.go_on(header, wanted, forgotten)
    }

    fn go_on(
        &self,
        header: FetchHeader,
        wanted: Vec<WantedPartition>,
        forgotten: Vec<PartitionKey>,
    ) -> Result<(FetchContext, Vec<WantedPartition>), ErrorCode> {
        let handle = self.find(header.session_id).ok_or(ErrorCode::FetchSessionIdNotFound)?;
        let mut session = handle.lock();
        if session.epoch != header.session_epoch {
            return Err(ErrorCode::InvalidFetchSessionEpoch);
        }
        if session.uses_topic_ids != header.uses_topic_ids {
            return Err(ErrorCode::FetchSessionTopicIdError);
        }
        if session.len() + wanted.len() > PARTITIONS_MAX {
            drop(session);
            self.remove(header.session_id);
            return Err(ErrorCode::FetchSessionIdNotFound);
        }
        wanted.into_iter().for_each(|wanted| session.want(wanted));
        forgotten.iter().for_each(|key| session.forget(key));
        if session.is_empty() {
            drop(session);
            self.remove(header.session_id);
            return Ok((FetchContext::Sessionless, Vec::new()));
        }
        session.last_used = header.now;
        session.epoch = next_epoch(session.epoch);
        let (epoch, wanted) = (session.epoch, session.wanted());
        drop(session);
        Ok((FetchContext::Incremental { session: handle, epoch }, wanted))
    }

    /// Ends a request: takes note of its answers, which are those of the partitions it was to read, and leaves in only those
    /// that must be sent. The id of the session that the answer names, 0 for none.
    ///
    /// # Errors
    ///
    /// If another request went on with the session meanwhile; with the session's id.
    pub(crate) fn end<T>(
        &self,
        context: &FetchContext,
        answers: &mut Vec<(WantedPartition, T)>,
        answer: impl Fn(&T) -> Answer,
    ) -> Result<i32, (ErrorCode, i32)> {
        match context {
            FetchContext::Sessionless => Ok(NO_SESSION),
            FetchContext::Full(header) => Ok(self.create(header, answers, answer)),
            FetchContext::Incremental { session, epoch } => {
                let mut session = session.lock();
                if session.epoch != *epoch {
                    return Err((ErrorCode::InvalidFetchSessionEpoch, session.id));
                }
                answers.retain(|(wanted, data)| session.update(&wanted.key, &answer(data)));
                Ok(session.id)
            }
        }
    }

    fn create<T>(
        &self,
        header: &FetchHeader,
        answers: &[(WantedPartition, T)],
        answer: impl Fn(&T) -> Answer,
    ) -> i32 {
        if answers.len() > PARTITIONS_MAX {
            return NO_SESSION;
        }
        let create = |id| {
            let mut session = Session::new(id, header.is_from_follower, header.uses_topic_ids, header.now);
            for (wanted, _) in answers {
                session.want(wanted.clone());
            }
            for (wanted, data) in answers {
                let told = Answer { has_records: false, has_error: false, ..answer(data) };
                session.update(&wanted.key, &told);
            }
            session
        };
        self.insert(header.is_from_follower, answers.len(), header.now, create).unwrap_or(NO_SESSION)
    }
}

/// Each partition once, where it is named first, as it is named last.
fn distinct(wanted: Vec<WantedPartition>) -> Vec<WantedPartition> {
    if wanted.len() < 2 {
        return wanted;
    }
    let mut places: HashMap<PartitionKey, usize> = HashMap::with_capacity(wanted.len());
    let mut distinct: Vec<WantedPartition> = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        match places.get(&wanted.key) {
            Some(&place) => distinct[place] = wanted,
            None => {
                places.insert(wanted.key.clone(), distinct.len());
                distinct.push(wanted);
            }
        }
    }
    distinct
}
