//! Reading gzip members.

use ottla_record::Codec;

use crate::{Target, codec};

pub(super) const TARGET: Target = Target {
    name: "gzip",
    run: |input| codec::check(Codec::Gzip, input),
    seeds: || codec::seeds(Codec::Gzip),
};
