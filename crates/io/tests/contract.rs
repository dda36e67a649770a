//! What every disk promises: one suite, run on each of them.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod suite;

mod real {
    use std::path::PathBuf;
    use std::sync::Arc;

    use ottla_io::{Disk, RealDisk};

    struct Place {
        disk: Arc<dyn Disk>,
        root: PathBuf,
        _dir: tempfile::TempDir,
    }

    fn place() -> Place {
        let dir = tempfile::tempdir().unwrap();
        Place { disk: Arc::new(RealDisk), root: dir.path().to_owned(), _dir: dir }
    }

    super::suite::contract!(place);
}

mod sim {
    use std::path::PathBuf;
    use std::sync::Arc;

    use ottla_io::Disk;
    use ottla_io::sim::{SimClock, SimDisk};

    struct Place {
        disk: Arc<dyn Disk>,
        root: PathBuf,
    }

    fn place() -> Place {
        let disk = SimDisk::new(1, &SimClock::new(1_700_000_000_000));
        disk.create_dir_all("/data/d1".as_ref()).unwrap();
        Place { disk: Arc::new(disk), root: "/data/d1".into() }
    }

    super::suite::contract!(place);
}
