//! Reading LZ4 frames.

use ottla_record::Codec;

use crate::{Target, codec};

pub(super) const TARGET: Target =
    Target { name: "lz4", run: |input| codec::check(Codec::Lz4, input), seeds: || codec::seeds(Codec::Lz4) };
