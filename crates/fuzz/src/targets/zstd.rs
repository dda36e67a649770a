//! Reading Zstandard frames.

use ottla_record::Codec;

use crate::{Target, codec};

pub(super) const TARGET: Target = Target {
    name: "zstd",
    run: |input| codec::check(Codec::Zstd, input),
    seeds: || codec::seeds(Codec::Zstd),
};
