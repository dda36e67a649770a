//! Following the metadata: creating, leading, configuring and deleting replicas.

use std::collections::BTreeMap;
use std::sync::Arc;

use ottla_config::ServerConfig;
use ottla_controller::image::{ConfigResource, ConfigResourceType, MetadataDelta, MetadataImage, TopicImage};
use ottla_log::config::LogConfig;
use ottla_log::log::OpenError;
use ottla_log::manager::{CreateError, CreateLog, LogHandle, LogKind, RemoveLog, lock};
use ottla_log::paths::TopicPartition;
use ottla_wire::{KafkaString, Uuid};

use super::assignment::Assignment;
use super::directory::Directory;
use super::settings::{TopicSettings, log_config};
use super::topic::{Replica, Topic, TopicState};
use super::{Partition, Partitions};

impl Partitions {
    /// Follows a change of the metadata: when this returns, requests find what it says. The first one, from an image of
    /// nothing, is followed by [`Partitions::set_strays_aside`].
    ///
    /// Blocks for as long as the disk takes.
    pub(crate) fn apply(&self, delta: &MetadataDelta) {
        for topic in delta.deleted_topics() {
            self.remove_topic(topic.id);
        }
        let mut changed: BTreeMap<Uuid, &Arc<TopicImage>> =
            delta.created_topics().map(|topic| (topic.id, topic)).collect();
        changed.extend(delta.changed_partitions().map(|change| (change.topic.id, change.topic)));
        let topics: Vec<Topic> = changed
            .values()
            .map(|topic| {
                let assignments: Vec<_> = topic
                    .partitions
                    .values()
                    .map(|registration| Assignment::of(registration, self.node_id))
                    .collect();
                self.topic(&topic.name, topic.id, &self.settings_of(&delta.image, &topic.name), &assignments)
            })
            .collect();
        if !topics.is_empty() {
            self.topics.change(|table| topics.into_iter().for_each(|topic| table.insert(topic)));
        }
        for resource in delta.changed_configs() {
            let is_topic = resource.resource_type == ConfigResourceType::Topic;
            let topic = delta.image.topics().topic_by_name(&resource.name).filter(|_| is_topic);
            if let Some(topic) = topic.filter(|topic| !changed.contains_key(&topic.id)) {
                self.configure_topic(topic.id, &self.settings_of(&delta.image, &topic.name));
            }
        }
    }

    /// What the partitions of a topic go by, from its overrides and what the node's configuration says.
    fn settings_of(&self, image: &MetadataImage, topic: &KafkaString) -> TopicSettings {
        let config = self.config.load();
        TopicSettings::of_topic(image, topic, &config)
    }

    /// Makes a topic what the metadata says it is: new, with more partitions, with other leaders or settings.
    ///
    /// Partitions are those of the whole topic, from 0 on. Blocks for as long as the disk takes.
    #[cfg(test)]
    pub(crate) fn set_topic(
        &self,
        name: &KafkaString,
        id: Uuid,
        settings: &TopicSettings,
        assignments: &[Assignment],
    ) {
        let topic = self.topic(name, id, settings, assignments);
        self.topics.change(|topics| topics.insert(topic));
    }

    fn topic(
        &self,
        name: &KafkaString,
        id: Uuid,
        settings: &TopicSettings,
        assignments: &[Assignment],
    ) -> Topic {
        let former = self.topics().by_id(id).cloned();
        let state = match &former {
            Some(former) => Arc::clone(&former.state),
            None => TopicState::new(name.detach(), id, settings.clone()),
        };
        let is_reconfigured = former.is_some() && state.settings().log != settings.log;
        state.set_settings(settings.clone());
        let former_replica = |index: usize| former.as_ref().and_then(|topic| topic.replicas.get(index));
        let replicas = (0..)
            .zip(assignments)
            .map(|(index, assignment)| {
                self.replica(&state, index, assignment, former_replica(index as usize))
            })
            .collect();
        let topic = Topic { state, replicas };
        if is_reconfigured {
            topic.partitions().for_each(|partition| partition.configure(&settings.log));
        }
        topic
    }

    /// Deletes a topic: its partitions answer no one any more, and their logs are on their way out.
    pub(crate) fn remove_topic(&self, id: Uuid) {
        let Some(topic) = self.topics.change(|topics| topics.remove(id)) else { return };
        let partitions: Vec<_> = topic.partitions().cloned().collect();
        self.delete(&partitions);
        self.gone_topics.add(&topic.state.metrics);
    }

    /// Takes up a changed configuration of one topic.
    pub(crate) fn configure_topic(&self, id: Uuid, settings: &TopicSettings) {
        let topics = self.topics();
        let Some(topic) = topics.by_id(id) else { return };
        topic.state.set_settings(settings.clone());
        topic.partitions().for_each(|partition| partition.configure(&settings.log));
    }

    /// Takes up a changed configuration of the node, and what topics inherit of it.
    pub(crate) fn configure(self: &Arc<Self>, config: Arc<ServerConfig>, image: &MetadataImage) {
        let default_config = Arc::new(log_config(&config.topic_defaults, &config));
        for directory in &self.directories {
            if let Some(manager) = directory.manager().as_mut() {
                manager.set_default_config(Arc::clone(&default_config));
            }
            let path = directory.path().to_string_lossy();
            directory.set_cordoned(config.cordoned_log_dirs.iter().any(|dir| *dir == path));
        }
        if let Err(error) = self.cleaner.configure(self, &config) {
            tracing::error!(%error, "cannot start the threads that clean logs");
        }
        self.config.store(config);
        for topic in image.topics().iter() {
            self.configure_topic(topic.id, &self.settings_of(image, &topic.name));
        }
    }

    /// Puts aside the logs that no topic claims, once the whole metadata was applied at start.
    pub(crate) fn set_strays_aside(&self) {
        for directory in self.online_directories() {
            let mut guard = directory.manager();
            let Some(manager) = guard.as_mut() else { continue };
            let is_stray =
                |(partition, handle): &(&TopicPartition, &LogHandle)| !self.is_claimed(partition, handle);
            let strays: Vec<_> = manager
                .logs(LogKind::Current)
                .filter(is_stray)
                .map(|(partition, _)| partition.clone())
                .collect();
            for partition in strays {
                let remove = RemoveLog {
                    kind: LogKind::Current,
                    unique: self.unique(directory.id()),
                    now: self.now(),
                };
                if let Err(error) = manager.set_stray(&partition, &remove) {
                    tracing::error!(%partition, %error, "cannot put a stray log aside");
                    directory.report_cause(&error.to_string());
                    break;
                }
            }
        }
    }

    fn is_claimed(&self, partition: &TopicPartition, handle: &LogHandle) -> bool {
        match self.partition(&partition.topic, partition.partition) {
            Ok(claimed) => Arc::ptr_eq(claimed.log(), handle),
            Err(_) => false,
        }
    }

    fn online_directories(&self) -> impl Iterator<Item = &Arc<Directory>> {
        self.directories.iter().filter(|directory| directory.is_online())
    }

    /// Brings one partition to what the metadata says of it.
    fn replica(
        &self,
        topic: &Arc<TopicState>,
        index: i32,
        assignment: &Assignment,
        former: Option<&Replica>,
    ) -> Replica {
        let is_here = assignment.replicas.contains(&self.node_id);
        match former {
            Some(Replica::Here(partition)) if is_here => {
                partition.assign(assignment, self.node_id);
                Replica::Here(Arc::clone(partition))
            }
            Some(Replica::Here(partition)) => {
                self.delete(std::slice::from_ref(partition));
                Replica::Elsewhere
            }
            _ if !is_here => Replica::Elsewhere,
            Some(Replica::Offline) => Replica::Offline,
            _ => self.open_replica(topic, index, assignment),
        }
    }

    /// Finds the log of a partition, or creates it.
    fn open_replica(&self, topic: &Arc<TopicState>, index: i32, assignment: &Assignment) -> Replica {
        let name = TopicPartition { topic: topic.name.to_string(), partition: index };
        let existing = self.online_directories().find(|directory| {
            directory.manager().as_ref().is_some_and(|manager| manager.log(LogKind::Current, &name).is_some())
        });
        let Some(directory) = existing.or_else(|| self.directory_for(assignment.directory)) else {
            return Replica::Offline;
        };
        match self.open_log(directory, &name, topic) {
            Ok(log) => {
                let partition = Partition::new(Arc::clone(topic), index, log, Arc::clone(directory));
                partition.assign(assignment, self.node_id);
                Replica::Here(partition)
            }
            Err(error) => {
                tracing::error!(partition = %name, dir = %directory.path().display(), %error, "cannot open a log");
                if let CreateError::Open(OpenError::Storage(error)) = &error {
                    directory.report_failure(error);
                }
                Replica::Offline
            }
        }
    }

    fn open_log(
        &self,
        directory: &Directory,
        name: &TopicPartition,
        topic: &TopicState,
    ) -> Result<LogHandle, CreateError> {
        let config = Arc::clone(&topic.settings().log);
        let create = CreateLog {
            kind: LogKind::Current,
            config: Some(Arc::clone(&config)),
            topic_id: Some(topic.id),
            unique: 0,
            now: self.now(),
        };
        let mut guard = directory.manager();
        let Some(manager) = guard.as_mut() else {
            return Err(ottla_log::manager::OfflineError {
                dir: directory.path().to_owned(),
                cause: "it was closed".to_owned(),
            }
            .into());
        };
        let log = match manager.create_log(name, &create) {
            // The log is of an older topic of this name, which was deleted while the node was down.
            Err(CreateError::Open(OpenError::TopicId(_))) => {
                let remove =
                    RemoveLog { kind: LogKind::Current, unique: self.unique(topic.id), now: self.now() };
                if let Err(error) = manager.set_stray(name, &remove) {
                    tracing::error!(partition = %name, %error, "cannot put a stray log aside");
                }
                manager.create_log(name, &create)?
            }
            result => result?,
        };
        lock(&log).set_config(config);
        Ok(log)
    }

    /// The directory of a new replica: the one it was assigned to, else the one with the fewest logs. None if the
    /// assigned one is not there, or none works.
    fn directory_for(&self, assigned: Option<Uuid>) -> Option<&Arc<Directory>> {
        if let Some(id) = assigned {
            return self.online_directories().find(|directory| directory.id() == id);
        }
        let count = |directory: &&Arc<Directory>| {
            directory.manager().as_ref().map_or(usize::MAX, |manager| manager.logs(LogKind::Current).len())
        };
        let open = self.online_directories().filter(|directory| !directory.is_cordoned()).min_by_key(count);
        open.or_else(|| self.online_directories().min_by_key(count))
    }

    /// Ends the use of partitions, and has their logs on their way out.
    fn delete(&self, partitions: &[Arc<Partition>]) {
        partitions.iter().for_each(|partition| partition.retire());
        for directory in &self.directories {
            let here = |partition: &&Arc<Partition>| Arc::ptr_eq(partition.directory(), directory);
            let names: Vec<_> = partitions.iter().filter(here).map(|partition| partition.name()).collect();
            let mut guard = directory.manager();
            let Some(manager) = guard.as_mut().filter(|_| !names.is_empty()) else { continue };
            let remove = |name| {
                let unique = self.unique(directory.id());
                (name, RemoveLog { kind: LogKind::Current, unique, now: self.now() })
            };
            if let Err(error) = manager.delete_logs(names.iter().map(remove)) {
                tracing::error!(dir = %directory.path().display(), %error, "cannot delete logs");
                directory.report_cause(&error.to_string());
            }
        }
    }
}

/// The configurations of logs by topic, as opening the directories wants them: those of topics with overrides.
pub(crate) fn log_configs(image: &MetadataImage, config: &ServerConfig) -> BTreeMap<String, Arc<LogConfig>> {
    let topics = image
        .topics()
        .iter()
        .filter(|topic| image.configs().values(&ConfigResource::topic(topic.name.clone())).is_some());
    let log_config = |topic: &Arc<TopicImage>| {
        (topic.name.to_string(), TopicSettings::of_topic(image, &topic.name, config).log)
    };
    topics.map(log_config).collect()
}
