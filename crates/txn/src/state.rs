//! How far a transaction is.

use ottla_record::TransactionResult;

/// How far the transaction of a transactional id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionState {
    /// There is a producer, but it has begun nothing.
    Empty,
    /// Partitions have been added.
    Ongoing,
    /// It will be committed, whatever happens: markers are being written.
    PrepareCommit,
    /// It will be aborted, whatever happens: markers are being written.
    PrepareAbort,
    /// It is committed on all partitions.
    CompleteCommit,
    /// It is aborted on all partitions.
    CompleteAbort,
}

/// Names of states that Kafka knows and no transactional id here is ever seen in.
const NEVER_SEEN: [&str; 2] = ["Dead", "PrepareEpochFence"];

impl TransactionState {
    const ALL: [Self; 6] = [
        Self::Empty,
        Self::Ongoing,
        Self::PrepareCommit,
        Self::PrepareAbort,
        Self::CompleteCommit,
        Self::CompleteAbort,
    ];

    /// The number that stands for it in records.
    pub const fn id(self) -> i8 {
        match self {
            Self::Empty => 0,
            Self::Ongoing => 1,
            Self::PrepareCommit => 2,
            Self::PrepareAbort => 3,
            Self::CompleteCommit => 4,
            Self::CompleteAbort => 5,
        }
    }

    /// The state of a number in a record. Kafka has two more, which it never writes.
    pub fn from_id(id: i8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == id)
    }

    /// Its name in DescribeTransactions and ListTransactions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::Ongoing => "Ongoing",
            Self::PrepareCommit => "PrepareCommit",
            Self::PrepareAbort => "PrepareAbort",
            Self::CompleteCommit => "CompleteCommit",
            Self::CompleteAbort => "CompleteAbort",
        }
    }

    /// Whether Kafka has a state of this name.
    pub(crate) fn is_name(name: &str) -> bool {
        NEVER_SEEN.contains(&name) || Self::ALL.into_iter().any(|state| state.name() == name)
    }

    /// How a transaction ends that is in this state, if that is decided and not done yet.
    pub const fn prepared(self) -> Option<TransactionResult> {
        match self {
            Self::PrepareCommit => Some(TransactionResult::Commit),
            Self::PrepareAbort => Some(TransactionResult::Abort),
            Self::Empty | Self::Ongoing | Self::CompleteCommit | Self::CompleteAbort => None,
        }
    }

    /// How the last transaction ended, if it did and nothing came after it.
    pub const fn completed(self) -> Option<TransactionResult> {
        match self {
            Self::CompleteCommit => Some(TransactionResult::Commit),
            Self::CompleteAbort => Some(TransactionResult::Abort),
            Self::Empty | Self::Ongoing | Self::PrepareCommit | Self::PrepareAbort => None,
        }
    }

    /// Whether there is no transaction: nothing is under way, and the transactional id may expire.
    pub const fn is_idle(self) -> bool {
        matches!(self, Self::Empty | Self::CompleteCommit | Self::CompleteAbort)
    }

    /// The state in which a transaction is about to end so.
    pub(crate) const fn preparing(result: TransactionResult) -> Self {
        match result {
            TransactionResult::Commit => Self::PrepareCommit,
            TransactionResult::Abort => Self::PrepareAbort,
        }
    }

    /// The state in which a transaction has ended so.
    pub(crate) const fn completing(result: TransactionResult) -> Self {
        match result {
            TransactionResult::Commit => Self::CompleteCommit,
            TransactionResult::Abort => Self::CompleteAbort,
        }
    }

    /// Whether a transactional id may go from one state to this one.
    pub(crate) const fn may_follow(self, former: Self) -> bool {
        match self {
            Self::Empty => former.is_idle(),
            Self::Ongoing => former.is_idle() || matches!(former, Self::Ongoing),
            Self::PrepareCommit => matches!(former, Self::Ongoing),
            // A client that does not know whether its transaction began aborts it anyway (KIP-890).
            Self::PrepareAbort => former.is_idle() || matches!(former, Self::Ongoing),
            Self::CompleteCommit => matches!(former, Self::PrepareCommit),
            Self::CompleteAbort => matches!(former, Self::PrepareAbort),
        }
    }
}
