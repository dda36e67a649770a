//! The group coordinator: members and generations of groups, and the offsets they commit.
//!
//! What it decides comes out as records of `__consumer_offsets`, and nothing that must survive changes but by replaying such records. It
//! does no IO and keeps no time.
