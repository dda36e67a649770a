//! Reading snappy streams and raw blocks.

use ottla_record::Codec;

use crate::{Target, codec};

pub(super) const TARGET: Target = Target {
    name: "snappy",
    run: |input| codec::check(Codec::Snappy, input),
    seeds: || codec::seeds(Codec::Snappy),
};
