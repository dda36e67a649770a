//! Random bytes of the machine, for ids and salts.

use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

/// 16 bytes that nobody can guess.
pub(crate) fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    loop {
        match getrandom(&mut bytes, GetRandomFlags::empty()) {
            // So few bytes come whole.
            Ok(_) => return bytes,
            Err(Errno::INTR) => {}
            Err(errno) => panic!("the machine yields no random bytes: {errno}"),
        }
    }
}

/// A new id, as Kafka's `Uuid.randomUuid` makes one.
pub(crate) fn random_uuid() -> ottla_wire::Uuid {
    ottla_wire::Uuid::random(random_bytes)
}
