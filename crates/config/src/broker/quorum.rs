//! The quorum of controllers.

use crate::key::Key;
use crate::section::section;

section! {
    /// The quorum of controllers.
    pub struct QuorumConfig {
        /// Voters of a static quorum, as `ID@HOST:PORT` separated by commas. Empty if the quorum is dynamic
        /// (KIP-853).
        controller_quorum_voters: Vec<String> = Key::list("controller.quorum.voters", "").voters().high(),

        /// Controllers to ask for the quorum, as `HOST:PORT` separated by commas.
        controller_quorum_bootstrap_servers: Vec<String> =
            Key::list("controller.quorum.bootstrap.servers", "")
            .servers()
            .high(),

        /// Milliseconds a candidate waits for votes before it starts a new election.
        controller_quorum_election_timeout_ms: i32 = Key::int("controller.quorum.election.timeout.ms", 1000)
            .at_least(0)
            .high(),

        /// Milliseconds without a successful fetch after which a follower becomes a candidate, and without
        /// fetches of a majority after which a leader resigns.
        controller_quorum_fetch_timeout_ms: i32 = Key::int("controller.quorum.fetch.timeout.ms", 2000)
            .at_least(0)
            .high(),

        /// Most milliseconds a candidate waits before the next election, drawn at random so that elections do
        /// not collide.
        controller_quorum_election_backoff_max_ms: i32 =
            Key::int("controller.quorum.election.backoff.max.ms", 1000)
            .at_least(0)
            .high(),

        /// Milliseconds the leader gathers records before it writes them to disk.
        controller_quorum_append_linger_ms: i32 = Key::int("controller.quorum.append.linger.ms", 25)
            .at_least(0),

        /// Milliseconds a request of the quorum may take.
        controller_quorum_request_timeout_ms: i32 = Key::int("controller.quorum.request.timeout.ms", 2000)
            .at_least(0),

        /// Milliseconds before a failed request of the quorum is sent again.
        controller_quorum_retry_backoff_ms: i32 = Key::int("controller.quorum.retry.backoff.ms", 20)
            .at_least(0)
            .low(),

        /// Whether a new controller joins the voters of a dynamic quorum by itself (KIP-1186).
        controller_quorum_auto_join_enable: bool = Key::boolean("controller.quorum.auto.join.enable", false)
            .low(),

        /// Most bytes of a snapshot returned at a time.
        controller_quorum_fetch_snapshot_max_bytes: i32 =
            Key::int("controller.quorum.fetch.snapshot.max.bytes", 1_048_576)
            .at_least(1)
            .low(),

        /// Most bytes of the metadata log returned to one fetch.
        controller_quorum_fetch_max_bytes: i32 = Key::int("controller.quorum.fetch.max.bytes", 1_048_576)
            .at_least(1)
            .low(),
    }
}
