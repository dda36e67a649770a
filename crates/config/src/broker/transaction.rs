//! Transactions, idempotent producers and their state.

use crate::key::Key;
use crate::section::section;

section! {
    /// Transactions, idempotent producers and their state.
    pub struct TransactionConfig {
        /// Milliseconds without a transaction after which a transactional id is forgotten.
        transactional_id_expiration_ms: i32 = Key::int("transactional.id.expiration.ms", 604_800_000)
            .at_least(1)
            .high(),

        /// Longest timeout in milliseconds that a transaction may ask for.
        transaction_max_timeout_ms: i32 = Key::int("transaction.max.timeout.ms", 900_000).at_least(1).high(),

        /// Whether producers may take part in two-phase commit, whose transactions never time out (KIP-939).
        transaction_two_phase_commit_enable: bool = Key::boolean("transaction.two.phase.commit.enable", false)
            .low(),

        /// Milliseconds between two looks for transactions that have timed out.
        transaction_abort_timed_out_transaction_cleanup_interval_ms: i32 =
            Key::int("transaction.abort.timed.out.transaction.cleanup.interval.ms", 10_000)
            .at_least(1)
            .low(),

        /// Milliseconds between two looks for expired transactional ids.
        transaction_remove_expired_transaction_cleanup_interval_ms: i32 =
            Key::int("transaction.remove.expired.transaction.cleanup.interval.ms", 3_600_000)
            .at_least(1)
            .low(),

        /// Partitions of the transaction topic. Must not change once the topic exists.
        transaction_state_log_num_partitions: i32 = Key::int("transaction.state.log.num.partitions", 50)
            .at_least(1)
            .high(),

        /// Replicas of the transaction topic. Until the cluster has as many brokers the topic is not created.
        transaction_state_log_replication_factor: i16 =
            Key::short("transaction.state.log.replication.factor", 3)
            .at_least(1)
            .high(),

        /// In-sync replicas that must have a record of the transaction topic.
        transaction_state_log_min_isr: i32 = Key::int("transaction.state.log.min.isr", 2).at_least(1).high(),

        /// Largest segment in bytes of the transaction topic; small ones load and compact faster.
        transaction_state_log_segment_bytes: i32 =
            Key::int("transaction.state.log.segment.bytes", 104_857_600)
            .at_least(1)
            .high(),

        /// Bytes read at a time while the coordinator loads a partition of the transaction topic.
        transaction_state_log_load_buffer_size: i32 =
            Key::int("transaction.state.log.load.buffer.size", 5_242_880)
            .at_least(1)
            .high(),

        /// Whether a partition asks the coordinator if a transaction is really under way before it accepts its
        /// first records (KIP-890).
        transaction_partition_verification_enable: bool =
            Key::boolean("transaction.partition.verification.enable", true)
            .low()
            .cluster_wide(),

        /// Milliseconds without a record after which a partition forgets a producer id, unless its transaction
        /// is under way.
        producer_id_expiration_ms: i32 = Key::int("producer.id.expiration.ms", 86_400_000)
            .at_least(1)
            .low()
            .cluster_wide(),

        /// Milliseconds between two looks for expired producer ids.
        producer_id_expiration_check_interval_ms: i32 =
            Key::int("producer.id.expiration.check.interval.ms", 600_000)
            .at_least(1)
            .low()
            .internal(),

        /// Milliseconds before adding a partition to a transaction is tried again by the broker.
        add_partitions_to_txn_retry_backoff_ms: i32 = Key::int("add.partitions.to.txn.retry.backoff.ms", 20)
            .at_least(1)
            .high(),

        /// Milliseconds for which the broker tries at most to add a partition to a transaction.
        add_partitions_to_txn_retry_backoff_max_ms: i32 =
            Key::int("add.partitions.to.txn.retry.backoff.max.ms", 100)
            .at_least(0)
            .high(),
    }
}
