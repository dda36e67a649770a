//! Another codec for Kafka's messages, the crate `kafka-protocol`, to be compared with ours.
//!
//! It stands in a process of its own, because it allocates whatever a length asks for and aborts. Each line on
//! standard input names a message, a version and bytes in hex, between single spaces. The answer is a line: `=` and the
//! bytes of the message written back, `!` and an error, or `?` if the message or the version is not known.
//!
//! It never depends on the codec that it is compared with; only its tests know both.

use std::io::{BufRead, Write, stdin, stdout};

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable, Encodable, Message};

fn main() -> anyhow::Result<()> {
    let mut answers = stdout().lock();
    for line in stdin().lock().lines() {
        let line = line?;
        let mut words = line.splitn(3, ' ');
        let mut word = || words.next().context("expected a message, a version and bytes in hex");
        let (name, version, bytes) = (word()?, word()?.parse()?, from_hex(word()?)?);
        match recode(name, version, bytes) {
            None => writeln!(answers, "?")?,
            Some(Ok(written)) => writeln!(answers, "={}", to_hex(&written))?,
            Some(Err(error)) => writeln!(answers, "!{}", error.to_string().replace('\n', " "))?,
        }
        answers.flush()?;
    }
    Ok(())
}

macro_rules! messages {
    ($($message:ident),+ $(,)?) => {
        /// Reads the message and writes it back; `None` if the message or the version is not known.
        fn recode(name: &str, version: i16, bytes: Bytes) -> Option<anyhow::Result<Bytes>> {
            match name {
                $(stringify!($message) => recode_as::<$message>(version, bytes),)+
                _ => None,
            }
        }
    };
}

messages! {
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse, AddRaftVoterRequest, AddRaftVoterResponse, AllocateProducerIdsRequest,
    AllocateProducerIdsResponse, AlterClientQuotasRequest, AlterClientQuotasResponse, AlterConfigsRequest,
    AlterConfigsResponse, AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse,
    AlterPartitionRequest, AlterPartitionResponse, AlterReplicaLogDirsRequest,
    AlterReplicaLogDirsResponse, AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse,
    AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, ApiVersionsRequest,
    ApiVersionsResponse, AssignReplicasToDirsRequest, AssignReplicasToDirsResponse,
    BeginQuorumEpochRequest, BeginQuorumEpochResponse, BrokerHeartbeatRequest, BrokerHeartbeatResponse,
    BrokerRegistrationRequest, BrokerRegistrationResponse, ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, ControllerRegistrationRequest,
    ControllerRegistrationResponse, CreateAclsRequest, CreateAclsResponse, CreateDelegationTokenRequest,
    CreateDelegationTokenResponse, CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest,
    CreateTopicsResponse, DefaultPrincipalData, DeleteAclsRequest, DeleteAclsResponse,
    DeleteGroupsRequest, DeleteGroupsResponse, DeleteRecordsRequest, DeleteRecordsResponse,
    DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse, DeleteShareGroupStateRequest,
    DeleteShareGroupStateResponse, DeleteTopicsRequest, DeleteTopicsResponse, DescribeAclsRequest,
    DescribeAclsResponse, DescribeClientQuotasRequest, DescribeClientQuotasResponse,
    DescribeClusterRequest, DescribeClusterResponse, DescribeConfigsRequest, DescribeConfigsResponse,
    DescribeDelegationTokenRequest, DescribeDelegationTokenResponse, DescribeGroupsRequest,
    DescribeGroupsResponse, DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeProducersRequest,
    DescribeProducersResponse, DescribeQuorumRequest, DescribeQuorumResponse,
    DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse, DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsResponse, DescribeTransactionsRequest, DescribeTransactionsResponse,
    DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse, ElectLeadersRequest,
    ElectLeadersResponse, EndQuorumEpochRequest, EndQuorumEpochResponse, EndTxnMarker, EndTxnRequest,
    EndTxnResponse, EnvelopeRequest, EnvelopeResponse, ExpireDelegationTokenRequest,
    ExpireDelegationTokenResponse, FetchRequest, FetchResponse, FetchSnapshotRequest,
    FetchSnapshotResponse, FindCoordinatorRequest, FindCoordinatorResponse,
    GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse, HeartbeatRequest,
    HeartbeatResponse, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
    InitProducerIdRequest, InitProducerIdResponse, InitializeShareGroupStateRequest,
    InitializeShareGroupStateResponse, JoinGroupRequest, JoinGroupResponse, KRaftVersionRecord,
    LeaderChangeMessage, LeaveGroupRequest, LeaveGroupResponse, ListConfigResourcesRequest,
    ListConfigResourcesResponse, ListGroupsRequest, ListGroupsResponse, ListOffsetsRequest,
    ListOffsetsResponse, ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
    ListTransactionsRequest, ListTransactionsResponse, MetadataRequest, MetadataResponse,
    OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse,
    OffsetFetchRequest, OffsetFetchResponse, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse,
    ProduceRequest, ProduceResponse, PushTelemetryRequest, PushTelemetryResponse,
    ReadShareGroupStateRequest, ReadShareGroupStateResponse, ReadShareGroupStateSummaryRequest,
    ReadShareGroupStateSummaryResponse, RemoveRaftVoterRequest, RemoveRaftVoterResponse,
    RenewDelegationTokenRequest, RenewDelegationTokenResponse, RequestHeader, ResponseHeader,
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
    ShareAcknowledgeRequest, ShareAcknowledgeResponse, ShareFetchRequest, ShareFetchResponse,
    ShareGroupDescribeRequest, ShareGroupDescribeResponse, ShareGroupHeartbeatRequest,
    ShareGroupHeartbeatResponse, SnapshotFooterRecord, SnapshotHeaderRecord, SyncGroupRequest,
    SyncGroupResponse, TxnOffsetCommitRequest, TxnOffsetCommitResponse, UnregisterBrokerRequest,
    UnregisterBrokerResponse, UpdateFeaturesRequest, UpdateFeaturesResponse, UpdateRaftVoterRequest,
    UpdateRaftVoterResponse, VoteRequest, VoteResponse, VotersRecord, WriteShareGroupStateRequest,
    WriteShareGroupStateResponse, WriteTxnMarkersRequest, WriteTxnMarkersResponse,
}

fn recode_as<M: Message + Decodable + Encodable>(
    version: i16,
    mut bytes: Bytes,
) -> Option<anyhow::Result<Bytes>> {
    if version < M::VERSIONS.min || version > M::VERSIONS.max {
        return None;
    }
    let written = M::decode(&mut bytes, version).and_then(|message| {
        anyhow::ensure!(bytes.is_empty(), "{} bytes are left", bytes.len());
        let mut written = BytesMut::new();
        message.encode(&mut written, version)?;
        Ok(written.freeze())
    });
    Some(written)
}

fn from_hex(hex: &str) -> anyhow::Result<Bytes> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?));
    pairs.collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
