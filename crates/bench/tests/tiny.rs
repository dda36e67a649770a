//! Every benchmark with tiny sizes, so that it compiles and runs for ever.

use ottla_bench::{BENCHES, Scale, Session};

#[test]
fn every_bench_runs() -> anyhow::Result<()> {
    let session = Session::new(Scale::Tiny);
    BENCHES.iter().try_for_each(|bench| (bench.run)(&session))
}
