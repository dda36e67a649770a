//! How transactions work: the finalized level of the feature `transaction.version`, or what a client goes by.

/// How transactions work (KIP-890).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TransactionVersion {
    /// As since KIP-98; states are written at version 0.
    #[default]
    V0,
    /// States are written at version 1, whose tagged fields carry what V2 needs.
    V1,
    /// Each end of a transaction raises the producer's epoch, so that what comes late cannot slip into the next one.
    V2,
}

impl TransactionVersion {
    /// The version of a level of the feature `transaction.version`. A level that a later release has counts as the
    /// highest known here, a negative one as the lowest.
    pub const fn from_feature_level(level: i16) -> Self {
        match level {
            ..=0 => Self::V0,
            1 => Self::V1,
            2.. => Self::V2,
        }
    }

    /// The level of the feature `transaction.version`.
    pub const fn feature_level(self) -> i16 {
        match self {
            Self::V0 => 0,
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }

    /// Whether each end of a transaction raises the producer's epoch.
    pub const fn raises_epoch(self) -> bool {
        matches!(self, Self::V2)
    }

    /// What a client goes by that sends AddPartitionsToTxn at this version.
    pub(crate) const fn of_add_partitions(api_version: i16) -> Self {
        if api_version > 3 { Self::V2 } else { Self::V0 }
    }

    /// What a client goes by that sends EndTxn at this version.
    pub(crate) const fn of_end_txn(api_version: i16) -> Self {
        if api_version > 4 { Self::V2 } else { Self::V0 }
    }

    /// The version at which states are written.
    pub(crate) const fn value_version(self) -> i16 {
        match self {
            Self::V0 => 0,
            Self::V1 | Self::V2 => 1,
        }
    }
}
