//! A node: sockets, partitions, the metadata log and the coordinators around the cores.

mod metadata;
pub mod storage;
