//! The key of a control record.

use crate::Message;

/// Key of a control record, behind an int16 version.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0", flexible = "none")]
pub struct ControlRecordTypeSchema {
    /// 0 abort, 1 commit, 2 leader change, 3 and 4 snapshot ends, 5 kraft.version, 6 voters.
    pub r#type: i16,
}
