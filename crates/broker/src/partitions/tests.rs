//! Partitions on simulated disks: following the metadata, failing directories, starting again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ottla_controller::image::{MetadataLoader, Provenance};
use ottla_io::Disk;
use ottla_io::sim::{Failure, Fault, FaultRule, Operation};
use ottla_log::log::FetchIsolation;
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{LeaderEpoch, Offset};
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::metadata::config::ConfigRecord;
use ottla_wire::metadata::partition::PartitionRecord;
use ottla_wire::metadata::partition_change::PartitionChangeRecord;
use ottla_wire::metadata::remove_topic::RemoveTopicRecord;
use ottla_wire::metadata::topic::TopicRecord;
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use super::*;
use crate::testing::{NODE, NOW, Rig, TOPIC, TOPIC_ID, assignment, batch, directory_id};

fn append(partition: &Partition, records: usize) -> Result<Offset, AppendFailure> {
    append_in(partition, records, None)
}

fn append_in(
    partition: &Partition,
    records: usize,
    leader_epoch: Option<LeaderEpoch>,
) -> Result<Offset, AppendFailure> {
    let append = Append { leader_epoch, ..Append::as_client(AppendOrigin::Client, NOW) };
    let mut bytes = batch(records).to_vec();
    partition.append(&mut bytes, &append, &mut ValidationScratch::new()).map(|info| info.first_offset)
}

fn read_from(offset: i64) -> Read {
    Read {
        offset: Offset(offset),
        bytes_max: 1 << 20,
        min_one_message: true,
        isolation: FetchIsolation::HighWatermark,
        current_leader_epoch: None,
        last_fetched_epoch: None,
    }
}

fn name() -> KafkaString {
    KafkaString::from_static(TOPIC)
}

fn settings(rig: &Rig) -> TopicSettings {
    TopicSettings::new(&rig.broker.config.topic_defaults, &rig.broker.config)
}

#[test]
fn a_partition_is_appended_to_and_read() {
    let rig = Rig::new();
    rig.create_topic(2);
    let partition = rig.partition(1);
    assert_eq!(append(&partition, 3).unwrap(), Offset(0));
    assert_eq!(append(&partition, 2).unwrap(), Offset(3));
    assert_eq!(partition.high_watermark(), Offset(5));
    let Found::Records { read, .. } = partition.read(&read_from(0)).unwrap().found else { panic!() };
    assert_eq!(read.slice.unwrap().len as usize, batch(3).len() + batch(2).len());
    assert_eq!(partition.read_batches(Offset(3), 10).unwrap().unwrap().len(), batch(2).len());
    assert_eq!(partition.read_batches(Offset(5), 10).unwrap(), None);
    assert!(
        matches!(partition.read(&read_from(6)), Err(failure) if failure.code() == ErrorCode::OffsetOutOfRange)
    );
}

#[test]
fn new_replicas_go_where_the_fewest_are_and_not_where_none_may() {
    let rig = Rig::new();
    rig.create_topic(4);
    let counts: Vec<_> = (0..4).map(|index| rig.partition(index).directory().id()).collect();
    assert_eq!(counts, [directory_id(0), directory_id(1), directory_id(0), directory_id(1)]);

    let cordoned = Rig::with_config("cordoned.log.dirs=/data/a\n");
    cordoned.create_topic(2);
    assert!((0..2).all(|index| cordoned.partition(index).directory().id() == directory_id(1)));
}

#[test]
fn an_assigned_directory_is_kept_to() {
    let rig = Rig::new();
    let at = |index| Assignment { directory: Some(index), ..assignment(0) };
    let assignments = [at(directory_id(1)), at(directory_id(1)), at(Uuid::LOST_DIRECTORY)];
    rig.partitions().set_topic(&name(), TOPIC_ID, &settings(&rig), &assignments);
    assert_eq!(rig.partition(0).directory().id(), directory_id(1));
    assert_eq!(rig.partition(1).directory().id(), directory_id(1));
    assert_eq!(rig.partitions().partition(TOPIC, 2).unwrap_err(), PartitionError::Offline);
}

#[test]
fn what_is_not_here_is_told_apart() {
    let rig = Rig::new();
    let elsewhere = Assignment { replicas: vec![2], isr: vec![2], leader: 2, ..assignment(0) };
    rig.partitions().set_topic(&name(), TOPIC_ID, &settings(&rig), &[assignment(0), elsewhere]);
    let error = |topic, index| rig.partitions().partition(topic, index).unwrap_err();
    assert_eq!(error(TOPIC, 1), PartitionError::NotLeader);
    assert_eq!(error(TOPIC, 2), PartitionError::UnknownTopicOrPartition);
    assert_eq!(error(TOPIC, -1), PartitionError::UnknownTopicOrPartition);
    assert_eq!(error("other", 0), PartitionError::UnknownTopicOrPartition);
}

#[test]
fn leadership_and_its_epoch_are_checked() {
    let rig = Rig::new();
    rig.create_topic(1);
    let partition = rig.partition(0);
    append(&partition, 1).unwrap();
    rig.partitions().set_topic(&name(), TOPIC_ID, &settings(&rig), &[assignment(4)]);
    append_in(&partition, 1, Some(LeaderEpoch(4))).unwrap();
    assert!(append_in(&partition, 1, Some(LeaderEpoch(3))).is_err());
    let read_with = |epoch| Read { current_leader_epoch: Some(LeaderEpoch(epoch)), ..read_from(0) };
    let code = |read: &Read| partition.read(read).map_or_else(|failure| failure.code(), |_| ErrorCode::None);
    assert_eq!(code(&read_with(4)), ErrorCode::None);
    assert_eq!(code(&read_with(3)), ErrorCode::FencedLeaderEpoch);
    assert_eq!(code(&read_with(5)), ErrorCode::UnknownLeaderEpoch);

    // The log's own epochs: the first ends where the second begins.
    let end = |epoch| partition.end_offset_for_epoch(LeaderEpoch(epoch), None).unwrap().unwrap();
    assert_eq!((end(0).leader_epoch, end(0).offset), (LeaderEpoch(0), Offset(1)));
    assert_eq!((end(4).leader_epoch, end(4).offset), (LeaderEpoch(4), Offset(2)));
    let diverging = Read { last_fetched_epoch: Some(LeaderEpoch(2)), ..read_from(2) };
    let Found::Diverging(diverging) = partition.read(&diverging).unwrap().found else { panic!() };
    assert_eq!(diverging.leader_epoch, LeaderEpoch(0));

    let resigned = Assignment { leader: 2, leader_epoch: LeaderEpoch(5), ..assignment(5) };
    rig.partitions().set_topic(&name(), TOPIC_ID, &settings(&rig), &[resigned]);
    assert!(
        matches!(append(&partition, 1), Err(failure) if failure.code() == ErrorCode::NotLeaderOrFollower)
    );
}

#[test]
fn too_few_replicas_in_sync_refuse_acks_all() {
    let rig = Rig::new();
    let two = Assignment { replicas: vec![NODE, 2], isr: vec![NODE], ..assignment(0) };
    let strict = TopicSettings { min_insync_replicas: 2, ..settings(&rig) };
    rig.partitions().set_topic(&name(), TOPIC_ID, &strict, &[two, assignment(0)]);
    let failure = append(&rig.partition(0), 1).unwrap_err();
    assert_eq!(failure.code(), ErrorCode::NotEnoughReplicas);
    // No more can be asked for than there are.
    append(&rig.partition(1), 1).unwrap();
}

#[test]
fn a_deleted_topic_is_gone_at_once_and_its_files_later() {
    let rig = Rig::new();
    rig.create_topic(1);
    let partition = rig.partition(0);
    append(&partition, 1).unwrap();
    rig.partitions().remove_topic(TOPIC_ID);
    assert_eq!(rig.partitions().partition(TOPIC, 0).unwrap_err(), PartitionError::UnknownTopicOrPartition);
    assert!(
        matches!(append(&partition, 1), Err(failure) if failure.code() == ErrorCode::NotLeaderOrFollower)
    );
    let names = || rig.disk.list(Path::new("/data/a")).unwrap();
    assert!(names().iter().any(|entry| entry.name.ends_with("-delete")));
    rig.clock.advance(Duration::from_millis(60_000));
    rig.partitions().run_all_tasks();
    assert!(!names().iter().any(|entry| entry.name.ends_with("-delete")));

    // A new topic of the same name begins anew.
    let other = Uuid::from_halves(9, 9);
    rig.partitions().set_topic(&name(), other, &settings(&rig), &[assignment(0)]);
    assert_eq!(append(&rig.partition(0), 1).unwrap(), Offset(0));
}

#[test]
fn what_was_closed_is_there_again_and_needs_no_recovery() {
    let rig = Rig::new();
    rig.create_topic(2);
    append(&rig.partition(0), 5).unwrap();
    append(&rig.partition(1), 7).unwrap();
    rig.partitions().close();
    let listing = rig.disk.list(Path::new("/data/a")).unwrap();
    let has = |name| listing.iter().any(|entry| entry.name == name);
    assert!(has(".kafka_cleanshutdown") && has("replication-offset-checkpoint"));

    let again = rig.restarted();
    again.create_topic(2);
    again.partitions().set_strays_aside();
    assert_eq!(append(&again.partition(0), 1).unwrap(), Offset(5));
    assert_eq!(append(&again.partition(1), 1).unwrap(), Offset(7));
}

#[test]
fn logs_that_nobody_claims_are_put_aside() {
    let rig = Rig::new();
    rig.create_topic(3);
    rig.partitions().close();
    let again = rig.restarted();
    // Of the three partitions one is left; and another topic of the same name would not get its log.
    again.create_topic(1);
    again.partitions().set_strays_aside();
    let strays = |dir: &str| {
        let listing = again.disk.list(Path::new(dir)).unwrap();
        listing.iter().filter(|entry| entry.name.ends_with("-stray")).count()
    };
    assert_eq!(strays("/data/a") + strays("/data/b"), 2);
}

#[test]
fn a_log_of_an_older_topic_of_the_same_name_is_put_aside() {
    let rig = Rig::new();
    rig.create_topic(1);
    append(&rig.partition(0), 5).unwrap();
    rig.partitions().close();
    let again = rig.restarted();
    let other = Uuid::from_halves(9, 9);
    again.partitions().set_topic(&name(), other, &settings(&again), &[assignment(0)]);
    assert_eq!(append(&again.partition(0), 1).unwrap(), Offset(0));
}

#[tokio::test]
async fn a_failing_directory_takes_its_partitions_and_no_others() {
    let mut rig = Rig::new();
    rig.create_topic(2);
    let (lost, kept) = (rig.partition(0), rig.partition(1));
    rig.disk.add_fault(FaultRule::once(Operation::Write, ".log", Fault::Fail(Failure::InputOutput)));
    let failure = append(&lost, 1).unwrap_err();
    assert_eq!(failure.code(), ErrorCode::KafkaStorageError);
    rig.losses.wait_for(|losses| losses.offline == [directory_id(0)]).await.unwrap();
    assert!(!rig.losses.borrow().none_left);
    assert_eq!(rig.partitions().partition(TOPIC, 0).unwrap_err(), PartitionError::Offline);
    append(&kept, 1).unwrap();

    // A new replica goes to the other directory.
    rig.partitions().set_topic(&name(), TOPIC_ID, &settings(&rig), &vec![assignment(0); 3]);
    assert_eq!(rig.partition(2).directory().id(), directory_id(1));

    rig.disk.add_fault(FaultRule::once(Operation::Write, ".log", Fault::Fail(Failure::NoSpace)));
    append(&kept, 1).unwrap_err();
    rig.losses.wait_for(|losses| losses.none_left).await.unwrap();
}

#[test]
fn old_segments_go_when_retention_says_so() {
    let rig = Rig::new();
    rig.create_topic_with(1, |settings| {
        let log = Arc::make_mut(&mut settings.log);
        log.segment_bytes = 400;
        log.retention_bytes = Some(400);
    });
    let partition = rig.partition(0);
    for _ in 0..20 {
        append(&partition, 3).unwrap();
    }
    rig.partitions().run_all_tasks();
    assert!(partition.log_start_offset() > Offset(0));
    assert!(
        matches!(partition.read(&read_from(0)), Err(failure) if failure.code() == ErrorCode::OffsetOutOfRange)
    );
}

#[test]
fn records_are_deleted_up_to_the_high_watermark() {
    let rig = Rig::new();
    rig.create_topic(1);
    let partition = rig.partition(0);
    append(&partition, 10).unwrap();
    assert_eq!(partition.delete_records_below(4).unwrap(), Offset(4));
    assert_eq!(partition.delete_records_below(2).unwrap(), Offset(4));
    let code = |offset| partition.delete_records_below(offset).unwrap_err().code();
    assert_eq!(code(11), ErrorCode::OffsetOutOfRange);
    assert_eq!(code(-2), ErrorCode::OffsetOutOfRange);
    assert_eq!(partition.delete_records_below(-1).unwrap(), Offset(10));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_high_watermark_is_woken_when_it_comes() {
    let rig = Rig::new();
    let two = Assignment { replicas: vec![NODE, 2], isr: vec![NODE, 2], ..assignment(0) };
    rig.partitions().set_topic(&name(), TOPIC_ID, &settings(&rig), std::slice::from_ref(&two));
    let partition = rig.partition(0);
    append(&partition, 2).unwrap();
    assert_eq!(partition.high_watermark(), Offset(0), "another replica has a say");
    assert!(!partition.wait_for_high_watermark(Offset(2), Duration::from_millis(5)).await);

    let waiting = tokio::spawn({
        let partition = Arc::clone(&partition);
        async move { partition.wait_for_high_watermark(Offset(2), Duration::from_secs(30)).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(partition.waiters().len(), 1);
    let alone = Assignment { isr: vec![NODE], ..two };
    rig.partitions().set_topic(&name(), TOPIC_ID, &settings(&rig), &[alone]);
    assert!(waiting.await.unwrap());
    assert_eq!(partition.waiters().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_learns_that_the_partition_is_gone() {
    let rig = Rig::new();
    rig.create_topic(1);
    let partition = rig.partition(0);
    let waiting = tokio::spawn({
        let partition = Arc::clone(&partition);
        async move { partition.wait_for_high_watermark(Offset(9), Duration::from_secs(3600)).await }
    });
    tokio::task::yield_now().await;
    rig.partitions().remove_topic(TOPIC_ID);
    assert!(!waiting.await.unwrap());
}

/// Publishes records as an image, and has the partitions follow.
fn publish(rig: &Rig, loader: &mut MetadataLoader, records: Vec<MetadataRecord>) {
    for record in records {
        let offset = loader.published().provenance.offset + 1;
        let provenance = Provenance { offset, ..Provenance::NONE };
        loader.replay(provenance, &record).unwrap();
    }
    rig.partitions().apply(&loader.publish().unwrap());
}

fn topic_record() -> MetadataRecord {
    TopicRecord { name: name(), topic_id: TOPIC_ID, ..TopicRecord::default() }.into()
}

fn partition_record(partition_id: i32) -> MetadataRecord {
    PartitionRecord {
        partition_id,
        topic_id: TOPIC_ID,
        replicas: vec![NODE],
        isr: vec![NODE],
        leader: NODE,
        leader_epoch: 0,
        directories: vec![directory_id(1)],
        ..PartitionRecord::default()
    }
    .into()
}

fn config_record(key: &'static str, value: &'static str) -> MetadataRecord {
    ConfigRecord {
        resource_type: 2,
        resource_name: name(),
        name: KafkaString::from_static(key),
        value: Some(KafkaString::from_static(value)),
        ..ConfigRecord::default()
    }
    .into()
}

#[test]
fn the_metadata_is_followed() {
    let rig = Rig::new();
    let mut loader = MetadataLoader::new();
    let config = config_record("max.message.bytes", "77");
    publish(&rig, &mut loader, vec![topic_record(), config, partition_record(0)]);
    let partition = rig.partition(0);
    assert_eq!(partition.directory().id(), directory_id(1));
    assert_eq!(append(&partition, 9).unwrap_err().code(), ErrorCode::MessageTooLarge);

    publish(&rig, &mut loader, vec![config_record("max.message.bytes", "100000")]);
    append(&partition, 9).unwrap();
    publish(&rig, &mut loader, vec![partition_record(1)]);
    assert!(Arc::ptr_eq(&partition, &rig.partition(0)), "what did not change stays");
    append(&rig.partition(1), 1).unwrap();

    let change = PartitionChangeRecord {
        partition_id: 0,
        topic_id: TOPIC_ID,
        leader: NODE,
        ..PartitionChangeRecord::default()
    };
    publish(&rig, &mut loader, vec![change.into()]);
    assert_eq!(partition.leader_epoch(), Some(LeaderEpoch(1)));

    assert_eq!(partition.topic().settings().min_insync_replicas, 1);
    let file = "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
        listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n\
        controller.quorum.bootstrap.servers=localhost:9093\nmin.insync.replicas=3\ncordoned.log.dirs=*\n\
        log.dirs=/data/a,/data/b\n";
    let changed = ServerConfig::from_properties("server.properties", file.as_bytes()).unwrap();
    rig.partitions().configure(Arc::new(changed), loader.published());
    assert_eq!(partition.topic().settings().min_insync_replicas, 3);
    assert!(rig.partitions().directories().iter().all(|directory| directory.is_cordoned()));

    publish(&rig, &mut loader, vec![RemoveTopicRecord { topic_id: TOPIC_ID, ..Default::default() }.into()]);
    assert_eq!(rig.partitions().partition(TOPIC, 0).unwrap_err(), PartitionError::UnknownTopicOrPartition);
}
