//! What a cleaning came to.

/// What cleaning one log once came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CleanStats {
    /// Bytes of the dirty part that were read for its keys.
    pub index_bytes_read: u64,
    /// Records among them.
    pub index_messages_read: u64,
    /// Bytes of batches that were read to be kept or dropped.
    pub bytes_read: u64,
    /// Bytes of batches that were kept.
    pub bytes_written: u64,
    /// Records among those read.
    pub messages_read: u64,
    /// Records among those kept.
    pub messages_written: u64,
    /// Records without a key, which were dropped.
    pub invalid_messages_read: u64,
    /// Segments that were cleaned.
    pub segments_read: u64,
    /// Segments that took their place.
    pub segments_written: u64,
    /// Keys as a share of all that the map's memory has room for.
    pub buffer_utilization: f64,
}
