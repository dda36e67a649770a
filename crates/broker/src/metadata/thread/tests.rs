use std::path::Path;

use ottla_controller::Via;
use ottla_controller::features::METADATA_VERSION;
use ottla_controller::image::{MetadataDelta, MetadataImage};
use ottla_io::Disk;
use ottla_io::sim::{Failure, Fault, FaultRule, Operation};
use ottla_wire::api::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use ottla_wire::{KafkaString, Uuid};

use super::start::StartMetadataError;
use super::{MetadataPublisher, MisplacedReplica};
use crate::metadata::snapshot::list_snapshots;
use crate::metadata::testing::{Recorder, Rig};

#[test]
fn a_new_cluster_has_its_features_and_its_broker() {
    let rig = Rig::new("");
    let running = rig.start().unwrap();
    let image = running.cache.image();
    assert_eq!(image.features().all_levels()[METADATA_VERSION], 30);
    let broker = image.cluster().broker(1).unwrap();
    assert!(!broker.fenced && broker.epoch == running.handle.broker_epoch(), "{broker:?}");
    assert_eq!(broker.listeners["PLAINTEXT"].port, 9092);
    assert_eq!(broker.directories.len(), 1);
    assert!(image.cluster().controllers.contains_key(&1));
    let status = running.cache.quorum();
    assert_eq!((status.epoch.0, status.high_watermark.0), (1, image.provenance.offset.0 + 1));
    running.stop();
}

#[test]
fn what_a_request_changed_is_published_before_it_is_answered() {
    let rig = Rig::new("");
    let recorder = Recorder::default();
    let running = rig.start_with(vec![Box::new(recorder.clone())]).unwrap();
    assert_eq!(running.create("a"), Ok(0));
    assert_eq!(*recorder.created.lock().unwrap(), ["a"]);
    assert_eq!(running.create("a"), Ok(36));
    let image = running.cache.image();
    let topic = image.topics().topic_by_name("a").unwrap();
    assert_eq!(topic.partitions[&1].leader, 1);
    running.stop();
}

#[test]
fn a_restart_finds_everything_and_opens_a_new_epoch() {
    let rig = Rig::new("");
    let running = rig.start().unwrap();
    running.create("a").unwrap();
    running.create("b").unwrap();
    let before = running.cache.image();
    running.stop();
    let recorder = Recorder::default();
    let running = rig.start_with(vec![Box::new(recorder.clone())]).unwrap();
    assert_eq!(*recorder.created.lock().unwrap(), ["a", "b"]);
    assert_eq!(running.cache.quorum().epoch.0, 2);
    let after = running.cache.image();
    assert_eq!(after.topics().topic_id("a"), before.topics().topic_id("a"));
    let partition = &after.topics().topic_by_name("a").unwrap().partitions[&0];
    assert_eq!(partition.leader, 1);
    assert!(partition.leader_epoch > before.topics().topic_by_name("a").unwrap().partitions[&0].leader_epoch);
    running.stop();
}

#[test]
fn requests_that_come_together_share_a_sync() {
    let rig = Rig::new("");
    let running = rig.start().unwrap();
    let before = rig.disk.counters().syncs;
    let requests = (0..100).map(|number| {
        let name = format!("topic-{number}");
        running.handle.create_topics(crate::metadata::testing::create_topics(&name))
    });
    let answers = running.wait(futures_util::future::join_all(requests));
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().topics[0].error_code == 0));
    let syncs = rig.disk.counters().syncs - before;
    assert!(syncs < 100, "{syncs} syncs for 100 requests");
    running.stop();
}

/// The power goes at every change of the disk in turn; what was answered before must be there afterwards.
#[test]
fn a_crash_loses_nothing_that_was_answered() {
    for changes in 0..60 {
        let rig = Rig::new("");
        let running = rig.start().unwrap();
        rig.disk.cut_power_after(changes);
        let names = (0..20).map(|number| format!("topic-{number:02}"));
        let answered: Vec<String> = names.take_while(|name| running.create(name).is_ok()).collect();
        running.abandon();
        let again = rig.on(rig.disk.crash(changes));
        let running = again.start().unwrap();
        let found = running.topic_names();
        assert!(
            found.starts_with(&answered),
            "power cut after {changes} changes: {answered:?} became {found:?}"
        );
        // At most the one that was not answered any more.
        assert!(found.len() <= answered.len() + 1, "{answered:?} became {found:?}");
        running.stop();
    }
}

#[test]
fn the_power_may_go_during_the_first_start_too() {
    let changes = {
        let rig = Rig::new("");
        let before = rig.disk.counters().changes();
        rig.start().unwrap().stop();
        rig.disk.counters().changes() - before
    };
    for cut in 0..changes {
        let rig = Rig::new("");
        rig.disk.cut_power_after(cut);
        if let Ok(running) = rig.start() {
            running.abandon();
        }
        let again = rig.on(rig.disk.crash(cut));
        let running = again.start().unwrap_or_else(|error| panic!("cut after {cut} changes: {error}"));
        assert_eq!(running.create("a"), Ok(0), "cut after {cut} changes");
        assert_eq!(running.cache.image().features().all_levels()[METADATA_VERSION], 30);
        running.stop();
    }
}

#[test]
fn a_failing_disk_ends_the_thread_with_a_word() {
    let rig = Rig::new("");
    let running = rig.start().unwrap();
    running.create("a").unwrap();
    rig.disk.add_fault(FaultRule::always(
        Operation::Sync,
        ".log",
        Fault::FailAndForget(Failure::InputOutput),
    ));
    assert!(running.create("b").is_err());
    let cause = running.wait(running.handle.failed());
    assert!(cause.contains("the metadata log failed") && cause.contains(".log"), "{cause}");
    assert!(running.create("c").is_err());
    assert_eq!(running.topic_names(), ["a"]);
    running.abandon();
}

#[test]
fn snapshots_take_the_place_of_old_records() {
    let rig = Rig::new(
        "metadata.log.max.record.bytes.between.snapshots=10000\nmetadata.max.retention.bytes=60000\n\
         internal.metadata.log.segment.bytes=40000",
    );
    let topic = |image: &MetadataImage| image.topics().topic_id("topic-007");
    let mut before = None;
    // A stop waits for the snapshot that is being written, so that each of these starts leaves one.
    for start in 0..5 {
        let running = rig.start().unwrap();
        for number in start * 50..(start + 1) * 50 {
            running.create(&format!("topic-{number:03}")).unwrap();
        }
        before = topic(&running.cache.image());
        running.stop();
    }
    let snapshots = list_snapshots(&rig.disk, &rig.metadata_dir()).unwrap();
    assert!((1..20).contains(&snapshots.len()), "{snapshots:?}");
    assert!(snapshots[0].id.end_offset.0 > 0, "the first snapshot has gone: {snapshots:?}");
    let first_segment = rig.metadata_dir().join("00000000000000000000.log");
    assert!(!rig.disk.exists(&first_segment).unwrap(), "the first segment has gone");

    let running = rig.start().unwrap();
    let after = running.cache.image();
    assert_eq!(after.topics().len(), 250);
    assert_eq!(topic(&after), before);
    running.stop();
}

#[test]
fn dynamic_values_come_into_force() {
    let rig = Rig::new("");
    let running = rig.start().unwrap();
    assert_eq!(running.config.current().keys.cleaner.log_cleaner_threads, 1);
    let config = AlterableConfig {
        name: KafkaString::from("log.cleaner.threads"),
        value: Some(KafkaString::from("2")),
        ..AlterableConfig::default()
    };
    let resource = AlterConfigsResource { resource_type: 4, configs: vec![config], ..Default::default() };
    let request = IncrementalAlterConfigsRequest { resources: vec![resource], ..Default::default() };
    let response = running.wait(
        running
            .handle
            .decide(move |core, now, _| core.handle_incremental_alter_configs(now, &request, Via::Broker)),
    );
    let response = response.unwrap();
    assert_eq!(response.responses[0].error_code, 0, "{response:?}");
    assert_eq!(running.config.current().keys.cleaner.log_cleaner_threads, 2);
    running.stop();

    let running = rig.start().unwrap();
    assert_eq!(running.config.current().keys.cleaner.log_cleaner_threads, 2);
    running.stop();
}

#[test]
fn a_static_quorum_of_this_node_works_and_another_is_refused() {
    let rig = Rig::new("controller.quorum.voters=1@localhost:9093");
    let running = rig.start().unwrap();
    assert_eq!(running.create("a"), Ok(0));
    running.stop();
    let state = rig.disk.read(&rig.metadata_dir().join("quorum-state"), 1000).unwrap();
    assert_eq!(
        String::from_utf8(state).unwrap(),
        r#"{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}"#
    );

    let rig = Rig::new("controller.quorum.voters=1@localhost:9093,2@localhost:9094");
    let error = rig.start().err().map(|error| error.to_string()).unwrap();
    assert!(error.contains("the quorum's voters are nodes {1, 2}, this is node 1"), "{error}");
}

#[test]
fn a_second_start_on_the_directory_is_refused() {
    let rig = Rig::new("");
    let metadata = rig.open().unwrap_or_else(|error| panic!("{error}"));
    assert!(
        matches!(rig.open(), Err(StartMetadataError::Locked(path)) if path == Path::new("/data/one/.lock"))
    );
    drop(metadata);
    assert!(rig.open().is_ok());
}

/// Finds every new replica in another directory than the metadata say.
struct Elsewhere {
    directory: Uuid,
    found: Vec<MisplacedReplica>,
}

impl MetadataPublisher for Elsewhere {
    fn apply(&mut self, delta: &MetadataDelta) {
        for change in delta.changed_partitions() {
            if change.current.directory(1) != Some(self.directory) {
                let (directory, topic_id) = (self.directory, change.topic.id);
                self.found.push(MisplacedReplica { directory, topic_id, partition: change.partition });
            }
        }
    }

    fn take_misplaced(&mut self) -> Vec<MisplacedReplica> {
        std::mem::take(&mut self.found)
    }
}

#[test]
fn the_controller_learns_where_replicas_lie() {
    let rig = Rig::new("");
    let directory = Uuid::from_halves(7, 7);
    let running = rig.start_with(vec![Box::new(Elsewhere { directory, found: Vec::new() })]).unwrap();
    running.create("a").unwrap();
    // Whatever is decided next is decided after the report.
    running.create("b").unwrap();
    let image = running.cache.image();
    let partitions = &image.topics().topic_by_name("a").unwrap().partitions;
    assert!(partitions.values().all(|partition| partition.directory(1) == Some(directory)), "{partitions:?}");
    running.stop();
}
