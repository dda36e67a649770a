//! The error codes of the protocol.

use std::fmt;

/// What a client makes of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No error.
    Success,
    /// The same request will fail again.
    Fatal,
    /// The same request may succeed later.
    Retriable,
    /// The same request may succeed later, and elsewhere: the client should ask for new metadata first.
    StaleMetadata,
}

macro_rules! error_codes {
    ($($code:literal $variant:ident $name:ident $kind:ident $message:literal;)+) => {
        /// An error code of the protocol, 16 bits on the wire.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(i16)]
        pub enum ErrorCode {
            $(#[doc = concat!("`", stringify!($name), "`: ", $message, ".")] $variant = $code,)+
        }

        impl ErrorCode {
            /// Every code, by number.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The error of this number; `None` for one of a later release.
            pub const fn from_number(number: i16) -> Option<Self> {
                match number {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// Kafka's name of the error, in capitals.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name),)+
                }
            }

            /// What the error means, as a sentence in lower case.
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$variant => $message,)+
                }
            }

            /// What a client makes of the error.
            pub const fn kind(self) -> ErrorKind {
                match self {
                    $(Self::$variant => ErrorKind::$kind,)+
                }
            }
        }
    };
}

error_codes! {
    -1 UnknownServerError UNKNOWN_SERVER_ERROR Fatal "the server failed in a way that it did not foresee";
    0 None NONE Success "no error";
    1 OffsetOutOfRange OFFSET_OUT_OF_RANGE Fatal "the offset lies outside of what the partition holds";
    2 CorruptMessage CORRUPT_MESSAGE Retriable "the records are damaged: checksum, size or content do not fit";
    3 UnknownTopicOrPartition UNKNOWN_TOPIC_OR_PARTITION StaleMetadata "this broker does not know such a topic or partition, or it may not be told of";
    4 InvalidFetchSize INVALID_FETCH_SIZE Fatal "the size of the fetch is not valid";
    5 LeaderNotAvailable LEADER_NOT_AVAILABLE StaleMetadata "the partition has no leader at the moment";
    6 NotLeaderOrFollower NOT_LEADER_OR_FOLLOWER StaleMetadata "this broker is not the one to ask: it does not lead the partition, or holds no replica of it";
    7 RequestTimedOut REQUEST_TIMED_OUT Retriable "time ran out before the request was done";
    8 BrokerNotAvailable BROKER_NOT_AVAILABLE Fatal "the broker is not there";
    9 ReplicaNotAvailable REPLICA_NOT_AVAILABLE StaleMetadata "this broker holds no replica of the partition";
    10 MessageTooLarge MESSAGE_TOO_LARGE Fatal "a record batch is larger than the topic allows";
    11 StaleControllerEpoch STALE_CONTROLLER_EPOCH Fatal "the request comes from a controller that has been replaced";
    12 OffsetMetadataTooLarge OFFSET_METADATA_TOO_LARGE Fatal "the note beside a committed offset is too long";
    13 NetworkException NETWORK_EXCEPTION StaleMetadata "the connection broke before an answer came";
    14 CoordinatorLoadInProgress COORDINATOR_LOAD_IN_PROGRESS Retriable "the coordinator is still loading its state";
    15 CoordinatorNotAvailable COORDINATOR_NOT_AVAILABLE StaleMetadata "there is no coordinator at the moment";
    16 NotCoordinator NOT_COORDINATOR StaleMetadata "this broker is not the coordinator";
    17 InvalidTopicException INVALID_TOPIC_EXCEPTION Fatal "the name is not one that a topic may have, or the topic does not allow this";
    18 RecordListTooLarge RECORD_LIST_TOO_LARGE Fatal "the records together are larger than a segment may be";
    19 NotEnoughReplicas NOT_ENOUGH_REPLICAS Retriable "fewer replicas are in sync than the topic demands";
    20 NotEnoughReplicasAfterAppend NOT_ENOUGH_REPLICAS_AFTER_APPEND Retriable "the records were written, but then fewer replicas were in sync than the topic demands";
    21 InvalidRequiredAcks INVALID_REQUIRED_ACKS Fatal "acks may only be -1, 0 or 1";
    22 IllegalGeneration ILLEGAL_GENERATION Fatal "the group has moved on to another generation";
    23 InconsistentGroupProtocol INCONSISTENT_GROUP_PROTOCOL Fatal "the member shares no protocol with the group, or the group is of another type";
    24 InvalidGroupId INVALID_GROUP_ID Fatal "the group id is not valid";
    25 UnknownMemberId UNKNOWN_MEMBER_ID Fatal "the group has no such member";
    26 InvalidSessionTimeout INVALID_SESSION_TIMEOUT Fatal "the session timeout lies outside of what the broker allows";
    27 RebalanceInProgress REBALANCE_IN_PROGRESS Fatal "the group is rebalancing";
    28 InvalidCommitOffsetSize INVALID_COMMIT_OFFSET_SIZE Fatal "the committed offsets are too large to store";
    29 TopicAuthorizationFailed TOPIC_AUTHORIZATION_FAILED Fatal "not authorized for the topic";
    30 GroupAuthorizationFailed GROUP_AUTHORIZATION_FAILED Fatal "not authorized for the group";
    31 ClusterAuthorizationFailed CLUSTER_AUTHORIZATION_FAILED Fatal "not authorized for the cluster";
    32 InvalidTimestamp INVALID_TIMESTAMP Fatal "the timestamp of a record lies too far from the broker's time";
    33 UnsupportedSaslMechanism UNSUPPORTED_SASL_MECHANISM Fatal "the broker does not offer this SASL mechanism";
    34 IllegalSaslState ILLEGAL_SASL_STATE Fatal "this request does not fit the state of the SASL exchange";
    35 UnsupportedVersion UNSUPPORTED_VERSION Fatal "the broker does not know this version of the request";
    36 TopicAlreadyExists TOPIC_ALREADY_EXISTS Fatal "there is a topic of this name already";
    37 InvalidPartitions INVALID_PARTITIONS Fatal "the number of partitions is not valid";
    38 InvalidReplicationFactor INVALID_REPLICATION_FACTOR Fatal "the replication factor is not valid, or there are too few brokers for it";
    39 InvalidReplicaAssignment INVALID_REPLICA_ASSIGNMENT Fatal "the assignment of replicas is not valid";
    40 InvalidConfig INVALID_CONFIG Fatal "a config is not valid";
    41 NotController NOT_CONTROLLER Retriable "this node is not the active controller";
    42 InvalidRequest INVALID_REQUEST Fatal "the request contradicts itself or the protocol; the server's log may say more";
    43 UnsupportedForMessageFormat UNSUPPORTED_FOR_MESSAGE_FORMAT Fatal "the log's message format is too old for this request";
    44 PolicyViolation POLICY_VIOLATION Fatal "a policy of the cluster forbids this";
    45 OutOfOrderSequenceNumber OUT_OF_ORDER_SEQUENCE_NUMBER Fatal "a sequence number is missing before this one";
    46 DuplicateSequenceNumber DUPLICATE_SEQUENCE_NUMBER Fatal "this sequence number was written before";
    47 InvalidProducerEpoch INVALID_PRODUCER_EPOCH Fatal "the producer's epoch is older than the one known";
    48 InvalidTxnState INVALID_TXN_STATE Fatal "the transaction is in a state that does not allow this";
    49 InvalidProducerIdMapping INVALID_PRODUCER_ID_MAPPING Fatal "the transactional id belongs to another producer id";
    50 InvalidTransactionTimeout INVALID_TRANSACTION_TIMEOUT Fatal "the transaction timeout is longer than the broker allows";
    51 ConcurrentTransactions CONCURRENT_TRANSACTIONS Retriable "another operation on the same transaction is still under way";
    52 TransactionCoordinatorFenced TRANSACTION_COORDINATOR_FENCED Fatal "the transaction coordinator has been replaced by one of a newer epoch";
    53 TransactionalIdAuthorizationFailed TRANSACTIONAL_ID_AUTHORIZATION_FAILED Fatal "not authorized for the transactional id";
    54 SecurityDisabled SECURITY_DISABLED Fatal "the cluster has no such security feature turned on";
    55 OperationNotAttempted OPERATION_NOT_ATTEMPTED Fatal "this was not tried, since something else in the request failed";
    56 KafkaStorageError KAFKA_STORAGE_ERROR StaleMetadata "the disk failed under the log";
    57 LogDirNotFound LOG_DIR_NOT_FOUND Fatal "there is no such log directory on the broker";
    58 SaslAuthenticationFailed SASL_AUTHENTICATION_FAILED Fatal "the SASL credentials are not valid";
    59 UnknownProducerId UNKNOWN_PRODUCER_ID Fatal "the broker remembers nothing of this producer id, perhaps since its records have expired";
    60 ReassignmentInProgress REASSIGNMENT_IN_PROGRESS Fatal "the partition is being reassigned";
    61 DelegationTokenAuthDisabled DELEGATION_TOKEN_AUTH_DISABLED Fatal "the cluster has delegation tokens turned off";
    62 DelegationTokenNotFound DELEGATION_TOKEN_NOT_FOUND Fatal "there is no such delegation token";
    63 DelegationTokenOwnerMismatch DELEGATION_TOKEN_OWNER_MISMATCH Fatal "the delegation token belongs to someone else";
    64 DelegationTokenRequestNotAllowed DELEGATION_TOKEN_REQUEST_NOT_ALLOWED Fatal "delegation tokens are not handed out over this kind of connection";
    65 DelegationTokenAuthorizationFailed DELEGATION_TOKEN_AUTHORIZATION_FAILED Fatal "not authorized for the delegation token";
    66 DelegationTokenExpired DELEGATION_TOKEN_EXPIRED Fatal "the delegation token has expired";
    67 InvalidPrincipalType INVALID_PRINCIPAL_TYPE Fatal "the principal type is not supported";
    68 NonEmptyGroup NON_EMPTY_GROUP Fatal "the group still has members";
    69 GroupIdNotFound GROUP_ID_NOT_FOUND Fatal "there is no such group";
    70 FetchSessionIdNotFound FETCH_SESSION_ID_NOT_FOUND Retriable "there is no such fetch session";
    71 InvalidFetchSessionEpoch INVALID_FETCH_SESSION_EPOCH Retriable "the fetch session is at another epoch";
    72 ListenerNotFound LISTENER_NOT_FOUND StaleMetadata "the leader has no listener of this name";
    73 TopicDeletionDisabled TOPIC_DELETION_DISABLED Fatal "the cluster has topic deletion turned off";
    74 FencedLeaderEpoch FENCED_LEADER_EPOCH StaleMetadata "the leader epoch is older than the broker's";
    75 UnknownLeaderEpoch UNKNOWN_LEADER_EPOCH Retriable "the leader epoch is newer than the broker's";
    76 UnsupportedCompressionType UNSUPPORTED_COMPRESSION_TYPE Fatal "the client's version of the request cannot carry this compression";
    77 StaleBrokerEpoch STALE_BROKER_EPOCH Fatal "the broker has registered again since this epoch";
    78 OffsetNotAvailable OFFSET_NOT_AVAILABLE Retriable "the leader cannot tell the offset yet, since the high watermark still catches up";
    79 MemberIdRequired MEMBER_ID_REQUIRED Fatal "the member must join again with the id that it was given";
    80 PreferredLeaderNotAvailable PREFERRED_LEADER_NOT_AVAILABLE StaleMetadata "the preferred leader is not available";
    81 GroupMaxSizeReached GROUP_MAX_SIZE_REACHED Fatal "the group is full";
    82 FencedInstanceId FENCED_INSTANCE_ID Fatal "another member with the same instance id has taken this one's place";
    83 EligibleLeadersNotAvailable ELIGIBLE_LEADERS_NOT_AVAILABLE StaleMetadata "no replica that may become leader is available";
    84 ElectionNotNeeded ELECTION_NOT_NEEDED StaleMetadata "there is a leader already, no election is needed";
    85 NoReassignmentInProgress NO_REASSIGNMENT_IN_PROGRESS Fatal "no reassignment is under way";
    86 GroupSubscribedToTopic GROUP_SUBSCRIBED_TO_TOPIC Fatal "the group still consumes the topic";
    87 InvalidRecord INVALID_RECORD Fatal "a record is not valid";
    88 UnstableOffsetCommit UNSTABLE_OFFSET_COMMIT Retriable "offsets are waiting for the end of a transaction";
    89 ThrottlingQuotaExceeded THROTTLING_QUOTA_EXCEEDED Retriable "the quota is used up";
    90 ProducerFenced PRODUCER_FENCED Fatal "a newer producer with the same transactional id has taken over";
    91 ResourceNotFound RESOURCE_NOT_FOUND Fatal "there is no such resource";
    92 DuplicateResource DUPLICATE_RESOURCE Fatal "the resource is there already, or named twice";
    93 UnacceptableCredential UNACCEPTABLE_CREDENTIAL Fatal "the credential is not acceptable";
    94 InconsistentVoterSet INCONSISTENT_VOTER_SET Fatal "the node knows other voters than the request names";
    95 InvalidUpdateVersion INVALID_UPDATE_VERSION Fatal "the update does not start from the present version";
    96 FeatureUpdateFailed FEATURE_UPDATE_FAILED Fatal "the features could not be updated";
    97 PrincipalDeserializationFailure PRINCIPAL_DESERIALIZATION_FAILURE Fatal "the forwarded principal cannot be decoded";
    98 SnapshotNotFound SNAPSHOT_NOT_FOUND Fatal "there is no such snapshot";
    99 PositionOutOfRange POSITION_OUT_OF_RANGE Fatal "the position lies outside of the snapshot";
    100 UnknownTopicId UNKNOWN_TOPIC_ID StaleMetadata "this broker knows no topic with this id";
    101 DuplicateBrokerRegistration DUPLICATE_BROKER_REGISTRATION Fatal "another broker with this id is alive";
    102 BrokerIdNotRegistered BROKER_ID_NOT_REGISTERED Fatal "there is no such broker";
    103 InconsistentTopicId INCONSISTENT_TOPIC_ID StaleMetadata "the topic id in the log is another one";
    104 InconsistentClusterId INCONSISTENT_CLUSTER_ID Fatal "the cluster id is another one";
    105 TransactionalIdNotFound TRANSACTIONAL_ID_NOT_FOUND Fatal "there is no such transactional id";
    106 FetchSessionTopicIdError FETCH_SESSION_TOPIC_ID_ERROR Retriable "the fetch session began with topic names and went on with ids, or the other way round";
    107 IneligibleReplica INELIGIBLE_REPLICA Fatal "this replica may not join the in-sync replicas";
    108 NewLeaderElected NEW_LEADER_ELECTED Fatal "the change made another broker the leader";
    109 OffsetMovedToTieredStorage OFFSET_MOVED_TO_TIERED_STORAGE Fatal "the offset is only in tiered storage";
    110 FencedMemberEpoch FENCED_MEMBER_EPOCH Fatal "the member's epoch is older than the coordinator's";
    111 UnreleasedInstanceId UNRELEASED_INSTANCE_ID Fatal "another member still uses the instance id";
    112 UnsupportedAssignor UNSUPPORTED_ASSIGNOR Fatal "the group knows no such assignor";
    113 StaleMemberEpoch STALE_MEMBER_EPOCH Fatal "the member has an older epoch and must heartbeat first";
    114 MismatchedEndpointType MISMATCHED_ENDPOINT_TYPE Fatal "the request went to the wrong kind of endpoint, broker or controller";
    115 UnsupportedEndpointType UNSUPPORTED_ENDPOINT_TYPE Fatal "the kind of endpoint is not known";
    116 UnknownControllerId UNKNOWN_CONTROLLER_ID Fatal "there is no such controller";
    117 UnknownSubscriptionId UNKNOWN_SUBSCRIPTION_ID Fatal "the metrics subscription is not the present one";
    118 TelemetryTooLarge TELEMETRY_TOO_LARGE Fatal "the metrics are larger than the broker accepts";
    119 InvalidRegistration INVALID_REGISTRATION Fatal "the controller finds the registration not valid";
    120 TransactionAbortable TRANSACTION_ABORTABLE Fatal "the transaction must be aborted before going on";
    121 InvalidRecordState INVALID_RECORD_STATE Fatal "the record is not in a state that allows this acknowledgement";
    122 ShareSessionNotFound SHARE_SESSION_NOT_FOUND Retriable "there is no such share session";
    123 InvalidShareSessionEpoch INVALID_SHARE_SESSION_EPOCH Retriable "the share session is at another epoch";
    124 FencedStateEpoch FENCED_STATE_EPOCH Fatal "the state epoch is older than the share coordinator's";
    125 InvalidVoterKey INVALID_VOTER_KEY Fatal "the voter's id and directory do not fit the one known";
    126 DuplicateVoter DUPLICATE_VOTER Fatal "the voter is one already";
    127 VoterNotFound VOTER_NOT_FOUND Fatal "there is no such voter";
    128 InvalidRegularExpression INVALID_REGULAR_EXPRESSION Fatal "the regular expression is not valid";
    129 RebootstrapRequired REBOOTSTRAP_REQUIRED Fatal "the client should start over from its bootstrap servers";
    130 StreamsInvalidTopology STREAMS_INVALID_TOPOLOGY Fatal "the topology of the streams application is not valid";
    131 StreamsInvalidTopologyEpoch STREAMS_INVALID_TOPOLOGY_EPOCH Fatal "the epoch of the topology is not valid";
    132 StreamsTopologyFenced STREAMS_TOPOLOGY_FENCED Fatal "the epoch of the topology is older than the group's";
    133 ShareSessionLimitReached SHARE_SESSION_LIMIT_REACHED Retriable "the broker serves as many share sessions as it may";
}

impl ErrorCode {
    /// The number on the wire.
    pub const fn number(self) -> i16 {
        self as i16
    }

    /// Whether the same request may succeed later.
    pub const fn is_retriable(self) -> bool {
        matches!(self.kind(), ErrorKind::Retriable | ErrorKind::StaleMetadata)
    }

    /// Nothing for [`None`](Self::None), otherwise the error.
    ///
    /// # Errors
    ///
    /// The code is an error.
    pub const fn into_result(self) -> Result<(), Self> {
        match self {
            Self::None => Ok(()),
            error => Err(error),
        }
    }
}

/// A number of a later release reads as `UNKNOWN_SERVER_ERROR`, as in Kafka's clients.
impl From<i16> for ErrorCode {
    fn from(number: i16) -> Self {
        Self::from_number(number).unwrap_or(Self::UnknownServerError)
    }
}

impl From<ErrorCode> for i16 {
    fn from(code: ErrorCode) -> Self {
        code.number()
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.message())
    }
}

impl std::error::Error for ErrorCode {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_run_without_a_gap() {
        let numbers: Vec<_> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, (-1..=133).collect::<Vec<_>>());
        assert!(ErrorCode::ALL.iter().all(|&code| ErrorCode::from(code.number()) == code));
    }

    #[test]
    fn what_is_stale_is_retriable() {
        assert!(ErrorCode::NotLeaderOrFollower.is_retriable());
        assert!(ErrorCode::RequestTimedOut.is_retriable());
        assert!(!ErrorCode::InvalidRequest.is_retriable() && !ErrorCode::None.is_retriable());
        assert_eq!(ErrorCode::from(9999), ErrorCode::UnknownServerError);
    }
}
