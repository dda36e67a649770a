//! Names of a simulated disk: directories as they are and as a crash would leave them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path};
use std::sync::Arc;

use rustix::io::Errno;

use super::file::FileNode;

/// A file or directory, whatever its name.
pub(super) type NodeId = usize;

/// The directory everything stands in.
pub(super) const ROOT: NodeId = 0;

/// What a file system lets a name be long.
const NAME_LEN_MAX: usize = 255;

pub(super) type Entries = BTreeMap<Arc<str>, NodeId>;

/// What the platter holds of each directory's names.
pub(super) type DurableNames = BTreeMap<NodeId, Entries>;

#[derive(Debug, Clone)]
pub(super) enum Node {
    File(FileNode),
    Directory(DirectoryNode),
}

#[derive(Debug, Clone)]
pub(super) struct DirectoryNode {
    pub(super) name: Arc<str>,
    pub(super) current: Entries,
    pub(super) modified_ms: i64,
}

impl DirectoryNode {
    pub(super) fn new(name: Arc<str>, modified_ms: i64) -> Self {
        Self { name, current: Entries::new(), modified_ms }
    }
}

/// A change of names that is not known to be on the platter.
#[derive(Debug, Clone)]
pub(super) enum NameChange {
    Link { dir: NodeId, name: Arc<str>, node: NodeId },
    Unlink { dir: NodeId, name: Arc<str> },
    Rename { from_dir: NodeId, from: Arc<str>, to_dir: NodeId, to: Arc<str>, node: NodeId },
}

impl NameChange {
    /// The one or two directories it changes.
    pub(super) fn directories(&self) -> [NodeId; 2] {
        match self {
            Self::Link { dir, .. } | Self::Unlink { dir, .. } => [*dir, *dir],
            Self::Rename { from_dir, to_dir, .. } => [*from_dir, *to_dir],
        }
    }

    /// What it gives a name.
    pub(super) fn node(&self) -> Option<NodeId> {
        match self {
            Self::Link { node, .. } | Self::Rename { node, .. } => Some(*node),
            Self::Unlink { .. } => None,
        }
    }

    pub(super) fn apply(&self, durable: &mut DurableNames) {
        match self {
            Self::Link { dir, name, node } => {
                durable.entry(*dir).or_default().insert(Arc::clone(name), *node);
            }
            Self::Unlink { dir, name } => {
                durable.entry(*dir).or_default().remove(name);
            }
            Self::Rename { from_dir, from, to_dir, to, node } => {
                durable.entry(*from_dir).or_default().remove(from);
                durable.entry(*to_dir).or_default().insert(Arc::clone(to), *node);
            }
        }
    }
}

/// Where a path leads: its last name and the directory that has or would have it.
pub(super) struct Place {
    pub(super) dir: NodeId,
    pub(super) name: Arc<str>,
}

/// All files and directories, and the changes of names since each directory's last sync.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) durable: DurableNames,
    pub(super) changes: Vec<NameChange>,
}

impl Tree {
    pub(super) fn new() -> Self {
        let root = Node::Directory(DirectoryNode::new("/".into(), 0));
        Self { nodes: vec![root], durable: DurableNames::new(), changes: Vec::new() }
    }

    pub(super) fn add(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    pub(super) fn file(&self, id: NodeId) -> Option<&FileNode> {
        match &self.nodes[id] {
            Node::File(file) => Some(file),
            Node::Directory(_) => None,
        }
    }

    pub(super) fn file_mut(&mut self, id: NodeId) -> Option<&mut FileNode> {
        match &mut self.nodes[id] {
            Node::File(file) => Some(file),
            Node::Directory(_) => None,
        }
    }

    pub(super) fn directory(&self, id: NodeId) -> io::Result<&DirectoryNode> {
        match &self.nodes[id] {
            Node::Directory(directory) => Ok(directory),
            Node::File(_) => Err(Errno::NOTDIR.into()),
        }
    }

    fn directory_mut(&mut self, id: NodeId) -> &mut DirectoryNode {
        match &mut self.nodes[id] {
            Node::Directory(directory) => directory,
            Node::File(file) => panic!("{} is asked for names, but it is a file", file.name),
        }
    }

    pub(super) fn name(&self, id: NodeId) -> Arc<str> {
        match &self.nodes[id] {
            Node::File(file) => Arc::clone(&file.name),
            Node::Directory(directory) => Arc::clone(&directory.name),
        }
    }

    /// What stands at a path.
    pub(super) fn find(&self, path: &Path) -> io::Result<NodeId> {
        let mut node = ROOT;
        for name in names(path) {
            node = self.child(node, name?)?.ok_or(Errno::NOENT)?;
        }
        Ok(node)
    }

    /// Where the last name of a path stands or would stand; its directory must be there.
    pub(super) fn place(&self, path: &Path) -> io::Result<Place> {
        let mut names = names(path).peekable();
        let mut dir = ROOT;
        while let Some(name) = names.next() {
            let name = name?;
            if names.peek().is_none() {
                self.directory(dir)?;
                return Ok(Place { dir, name: name.into() });
            }
            dir = self.child(dir, name)?.ok_or(Errno::NOENT)?;
        }
        Err(Errno::BUSY.into())
    }

    /// What stands at a place.
    pub(super) fn at(&self, place: &Place) -> io::Result<Option<NodeId>> {
        self.child(place.dir, &place.name)
    }

    pub(super) fn child(&self, dir: NodeId, name: &str) -> io::Result<Option<NodeId>> {
        Ok(self.directory(dir)?.current.get(name).copied())
    }

    /// Whether `inner` is `outer` or stands somewhere in it.
    pub(super) fn is_within(&self, inner: NodeId, outer: NodeId) -> bool {
        inner == outer
            || match &self.nodes[outer] {
                Node::Directory(directory) => directory.current.values().any(|id| self.is_within(inner, *id)),
                Node::File(_) => false,
            }
    }

    pub(super) fn link(&mut self, place: Place, node: NodeId) {
        let Place { dir, name } = place;
        self.directory_mut(dir).current.insert(Arc::clone(&name), node);
        self.changes.push(NameChange::Link { dir, name, node });
    }

    pub(super) fn unlink(&mut self, place: Place) {
        let Place { dir, name } = place;
        self.directory_mut(dir).current.remove(&name);
        self.changes.push(NameChange::Unlink { dir, name });
    }

    pub(super) fn rename(&mut self, from: Place, to: Place, node: NodeId) {
        self.directory_mut(from.dir).current.remove(&from.name);
        self.directory_mut(to.dir).current.insert(Arc::clone(&to.name), node);
        match &mut self.nodes[node] {
            Node::File(file) => file.name = Arc::clone(&to.name),
            Node::Directory(directory) => directory.name = Arc::clone(&to.name),
        }
        let change =
            NameChange::Rename { from_dir: from.dir, from: from.name, to_dir: to.dir, to: to.name, node };
        self.changes.push(change);
    }

    /// Makes the names of `dir` durable. A rename ties two directories together: what happened before it in the other
    /// one becomes durable as well, or the renamed file would have two names.
    pub(super) fn sync_directory(&mut self, dir: NodeId) {
        let mut tied = BTreeSet::from([dir]);
        let mut synced = vec![false; self.changes.len()];
        for (change, synced) in self.changes.iter().zip(&mut synced).rev() {
            let directories = change.directories();
            if directories.iter().any(|d| tied.contains(d)) {
                *synced = true;
                tied.extend(directories);
            }
        }
        let mut rest = Vec::new();
        for (change, synced) in std::mem::take(&mut self.changes).into_iter().zip(synced) {
            if synced { change.apply(&mut self.durable) } else { rest.push(change) }
        }
        self.changes = rest;
    }

    /// Makes all names durable.
    pub(super) fn sync_all_directories(&mut self) {
        for change in std::mem::take(&mut self.changes) {
            change.apply(&mut self.durable);
        }
    }
}

/// The names a path is made of; relative paths start at the root.
fn names(path: &Path) -> impl Iterator<Item = io::Result<&str>> {
    path.components().filter_map(|component| match component {
        Component::RootDir | Component::CurDir => None,
        Component::Normal(name) => Some(match name.to_str() {
            Some(name) if name.len() <= NAME_LEN_MAX => Ok(name),
            Some(_) => Err(Errno::NAMETOOLONG.into()),
            None => Err(Errno::INVAL.into()),
        }),
        Component::ParentDir | Component::Prefix(_) => Some(Err(Errno::INVAL.into())),
    })
}
