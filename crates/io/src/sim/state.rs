//! Everything a simulated disk knows, behind its one lock.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustix::io::Errno;

use super::clock::SimClock;
use super::counters::{SimCounters, SimEvent};
use super::crash::{CrashOptions, surviving_names};
use super::dice::Dice;
use super::fault::{Failure, Fault, FaultRates, FaultRule, Operation, PlantedBug};
use super::file::FileNode;
use super::image::BLOCK;
use super::tree::{DirectoryNode, Node, NodeId, Place, ROOT, Tree};
use crate::{Clock, OpenMode};

#[derive(Debug)]
pub(super) struct State {
    pub(super) tree: Tree,
    pub(super) clock: SimClock,
    pub(super) dice: Dice,
    pub(super) rules: Vec<FaultRule>,
    pub(super) rates: FaultRates,
    pub(super) bugs: Vec<PlantedBug>,
    pub(super) read_only: bool,
    /// Blocks there are; `None` for no limit.
    pub(super) blocks_max: Option<u64>,
    /// Blocks that named files hold.
    pub(super) blocks_used: u64,
    pub(super) power: Power,
    pub(super) locked: BTreeSet<NodeId>,
    pub(super) counters: SimCounters,
    pub(super) trace: Option<Vec<SimEvent>>,
}

/// Whether the machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Power {
    On,
    /// Goes off at the first change after so many.
    OnFor {
        changes: u64,
    },
    Off,
}

/// What was asked, for rules, counters and traces.
pub(super) struct Request<'a> {
    pub(super) operation: Operation,
    pub(super) name: &'a Arc<str>,
    pub(super) offset: u64,
    pub(super) len: u64,
}

impl State {
    pub(super) fn new(seed: u64, clock: SimClock) -> Self {
        Self {
            tree: Tree::new(),
            clock,
            dice: Dice::new(seed),
            rules: Vec::new(),
            rates: FaultRates::default(),
            bugs: Vec::new(),
            read_only: false,
            blocks_max: None,
            blocks_used: 0,
            power: Power::On,
            locked: BTreeSet::new(),
            counters: SimCounters::default(),
            trace: None,
        }
    }

    /// Lets an operation through, with a fault that its doer must play, or refuses it.
    pub(super) fn admit(&mut self, request: &Request<'_>) -> io::Result<Option<Fault>> {
        let verdict = self.judge(request.operation, request.name);
        self.counters.count(request.operation);
        if let Some(trace) = &mut self.trace {
            let Request { operation, name, offset, len } = *request;
            trace.push(SimEvent { operation, name: Arc::clone(name), offset, len, failed: verdict.is_err() });
        }
        verdict
    }

    /// Admits an operation whose only fault can be to fail.
    pub(super) fn admit_name(&mut self, operation: Operation, name: &Arc<str>) -> io::Result<()> {
        match self.admit(&Request { operation, name, offset: 0, len: 0 })? {
            Some(Fault::FailAndForget(failure)) => Err(failure.into()),
            _ => Ok(()),
        }
    }

    fn judge(&mut self, operation: Operation, name: &str) -> io::Result<Option<Fault>> {
        match &mut self.power {
            Power::Off => return Err(Errno::IO.into()),
            Power::OnFor { changes: 0 } if operation.is_change() => {
                self.power = Power::Off;
                return Err(Errno::IO.into());
            }
            Power::OnFor { changes } if operation.is_change() => *changes -= 1,
            Power::OnFor { .. } | Power::On => {}
        }
        if self.read_only && operation.modifies() {
            return Err(Failure::ReadOnly.into());
        }
        let by_rule = self.rules.iter_mut().find_map(|rule| rule.hits(operation, name));
        match by_rule.or_else(|| self.rates.draw(operation, &mut self.dice)) {
            Some(Fault::Fail(failure)) => Err(failure.into()),
            fault => Ok(fault),
        }
    }

    pub(super) fn has_bug(&self, is_it: impl Fn(&PlantedBug) -> bool) -> bool {
        self.bugs.iter().any(is_it)
    }

    pub(super) fn open(&mut self, path: &Path, mode: OpenMode) -> io::Result<NodeId> {
        let place = self.tree.place(path).map_err(|error| match error.raw_os_error() {
            Some(code) if code == Errno::BUSY.raw_os_error() => Errno::ISDIR.into(),
            _ => error,
        })?;
        let creates = matches!(mode, OpenMode::Create | OpenMode::Truncate);
        match self.tree.at(&place)? {
            Some(id) => {
                self.admit_name(Operation::Open, &place.name)?;
                let file = self.tree.file(id).ok_or(Errno::ISDIR)?;
                if mode == OpenMode::Truncate && file.current.len() > 0 {
                    self.set_len(id, 0)?;
                }
                Ok(id)
            }
            None if creates => {
                self.admit_name(Operation::Create, &place.name)?;
                let file = FileNode::new(Arc::clone(&place.name), self.clock.now_ms());
                let id = self.tree.add(Node::File(file));
                self.tree.link(place, id);
                Ok(id)
            }
            None => {
                self.admit_name(Operation::Open, &place.name)?;
                Err(Errno::NOENT.into())
            }
        }
    }

    pub(super) fn create_dir_all(&mut self, path: &Path) -> io::Result<()> {
        match self.tree.find(path) {
            Ok(id) if self.tree.file(id).is_some() => return Err(Errno::EXIST.into()),
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        if let Some(parent) = path.parent() {
            match self.create_dir_all(parent) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(Errno::NOTDIR.into());
                }
                answer => answer?,
            }
        }
        let place = self.tree.place(path)?;
        self.admit_name(Operation::CreateDir, &place.name)?;
        let directory = DirectoryNode::new(Arc::clone(&place.name), self.clock.now_ms());
        let id = self.tree.add(Node::Directory(directory));
        self.tree.link(place, id);
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let (from, to) = (self.tree.place(from)?, self.tree.place(to)?);
        self.admit_name(Operation::Rename, &from.name)?;
        let node = self.tree.at(&from)?.ok_or(Errno::NOENT)?;
        let moves_a_file = self.tree.file(node).is_some();
        if !moves_a_file && self.tree.is_within(to.dir, node) {
            return Err(Errno::INVAL.into());
        }
        if let Some(replaced) = self.tree.at(&to)? {
            if replaced == node {
                return Ok(());
            }
            match (moves_a_file, self.tree.directory(replaced)) {
                (true, Ok(_)) => return Err(Errno::ISDIR.into()),
                (false, Err(_)) => return Err(Errno::NOTDIR.into()),
                (false, Ok(directory)) if !directory.current.is_empty() => {
                    return Err(Errno::NOTEMPTY.into());
                }
                _ => self.release(replaced),
            }
        }
        self.tree.rename(from, to, node);
        Ok(())
    }

    pub(super) fn remove_file(&mut self, path: &Path) -> io::Result<()> {
        let place = self.tree.place(path)?;
        let id = self.tree.at(&place)?.ok_or(Errno::NOENT)?;
        self.tree.file(id).ok_or(Errno::ISDIR)?;
        self.remove(place, id)
    }

    pub(super) fn remove_dir_all(&mut self, path: &Path) -> io::Result<()> {
        let place = self.tree.place(path)?;
        let id = self.tree.at(&place)?.ok_or(Errno::NOENT)?;
        self.tree.directory(id)?;
        self.remove_tree(place, id)
    }

    fn remove_tree(&mut self, place: Place, id: NodeId) -> io::Result<()> {
        if let Ok(directory) = self.tree.directory(id) {
            for (name, child) in directory.current.clone() {
                self.remove_tree(Place { dir: id, name }, child)?;
            }
        }
        self.remove(place, id)
    }

    fn remove(&mut self, place: Place, id: NodeId) -> io::Result<()> {
        self.admit_name(Operation::Remove, &place.name)?;
        self.release(id);
        self.tree.unlink(place);
        Ok(())
    }

    /// A name is gone: the space of its file is free, though open handles still reach the bytes.
    fn release(&mut self, id: NodeId) {
        if let Some(file) = self.tree.file_mut(id)
            && std::mem::take(&mut file.linked)
        {
            self.blocks_used -= file.current.blocks();
        }
    }

    pub(super) fn set_len(&mut self, id: NodeId, len: u64) -> io::Result<()> {
        let name = self.tree.name(id);
        let fault =
            self.admit(&Request { operation: Operation::SetLen, name: &name, offset: len, len: 0 })?;
        if let Some(Fault::FailAndForget(failure)) = fault {
            return Err(failure.into());
        }
        if i64::try_from(len).is_err() {
            return Err(Errno::INVAL.into());
        }
        if self.has_bug(|bug| matches!(bug, PlantedBug::IgnoreSetLen(names) if names.matches(&name))) {
            return Ok(());
        }
        self.change(id, |file| file.set_len(len));
        Ok(())
    }

    /// Changes a file, and with it the space used and the time of its last modification.
    pub(super) fn change(&mut self, id: NodeId, change: impl FnOnce(&mut FileNode)) {
        let now_ms = self.clock.now_ms();
        let Some(file) = self.tree.file_mut(id) else { panic!("a handle leads to a directory") };
        let before = file.current.blocks();
        change(file);
        file.modified_ms = now_ms;
        let (after, linked, name) = (file.current.blocks(), file.linked, Arc::clone(&file.name));
        if linked {
            self.blocks_used = self.blocks_used + after - before;
        }
        if self.has_bug(|bug| matches!(bug, PlantedBug::DurableAtOnce(names) if names.matches(&name)))
            && let Some(file) = self.tree.file_mut(id)
        {
            file.sync();
        }
    }

    /// How many of `len` bytes at `offset` find space.
    pub(super) fn room(&self, id: NodeId, offset: u64, len: usize) -> usize {
        let (Some(blocks_max), Some(file)) = (self.blocks_max, self.tree.file(id)) else { return len };
        let mut free = blocks_max.saturating_sub(self.blocks_used);
        let mut end = offset;
        while end < offset + len as u64 {
            if !file.current.has_block(end / BLOCK) {
                if free == 0 {
                    break;
                }
                free -= 1;
            }
            end = (end / BLOCK + 1) * BLOCK;
        }
        len.min((end - offset) as usize)
    }

    /// The disk a machine finds when it starts again after the process died; what it was told to do wrong it still does.
    pub(super) fn restarted(&self, seed: u64, tree: Tree) -> Self {
        Self {
            tree,
            clock: self.clock.clone(),
            dice: Dice::new(seed),
            rules: self.rules.clone(),
            rates: self.rates,
            bugs: self.bugs.clone(),
            read_only: self.read_only,
            blocks_max: self.blocks_max,
            blocks_used: self.blocks_used,
            power: Power::On,
            locked: BTreeSet::new(),
            counters: SimCounters::default(),
            trace: self.trace.as_ref().map(|_| Vec::new()),
        }
    }

    /// The disk a machine finds after a power loss.
    pub(super) fn crashed(&self, seed: u64, options: &CrashOptions) -> Self {
        let mut dice = Dice::new(seed);
        let mut durable = self.tree.durable.clone();
        for change in surviving_names(&self.tree.changes, &mut dice, options.names) {
            change.apply(&mut durable);
        }
        let mut state = Self { blocks_used: 0, ..self.restarted(dice.roll(), Tree::new()) };
        let mut found = vec![(ROOT, ROOT)];
        while let Some((old_dir, dir)) = found.pop() {
            for (name, old) in durable.get(&old_dir).into_iter().flatten() {
                let node = match &self.tree.nodes[*old] {
                    Node::File(file) => {
                        let image = file.after_crash(&mut dice, options);
                        state.blocks_used += image.blocks();
                        Node::File(FileNode::with_image(Arc::clone(name), image, file.modified_ms))
                    }
                    Node::Directory(directory) => {
                        Node::Directory(DirectoryNode::new(Arc::clone(name), directory.modified_ms))
                    }
                };
                let id = state.tree.add(node);
                state.tree.link(Place { dir, name: Arc::clone(name) }, id);
                found.push((*old, id));
            }
        }
        state.tree.sync_all_directories();
        state
    }
}
