//! SASL: mechanisms, Kerberos, logins. Listeners override most keys under `listener.name.LISTENER.`, some
//! also per mechanism.

use crate::key::{Key, Type};
use crate::section::section;
use crate::value::Password;

section! {
    /// SASL: mechanisms, Kerberos, logins. Listeners override most keys under `listener.name.LISTENER.`,
    /// some also per mechanism.
    pub struct SaslConfig {
        /// Class that makes the principal of a connection from its authentication.
        principal_builder_class: String =
            Key::class("principal.builder.class", "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder")
            .per_broker(),

        /// Most milliseconds until a connection must authenticate again (KIP-368). 0: never.
        connections_max_reauth_ms: i64 = Key::long("connections.max.reauth.ms", 0),

        /// Largest message in bytes before and during authentication.
        sasl_server_max_receive_size: i32 = Key::int("sasl.server.max.receive.size", 524_288),

        /// SASL mechanisms that a listener accepts, separated by commas.
        sasl_enabled_mechanisms: Vec<String> = Key::list("sasl.enabled.mechanisms", "GSSAPI")
            .distinct()
            .per_broker(),

        /// SASL mechanism between brokers. Must be among the enabled ones.
        sasl_mechanism_inter_broker_protocol: String =
            Key::string("sasl.mechanism.inter.broker.protocol", "GSSAPI")
            .per_broker(),

        /// Login modules with their options, in the form of a JAAS configuration entry.
        sasl_jaas_config: Option<Password> = Key::optional(Type::Password, "sasl.jaas.config").per_broker(),

        /// Class that answers the questions of a SASL server mechanism.
        sasl_server_callback_handler_class: Option<String> =
            Key::optional(Type::Class, "sasl.server.callback.handler.class"),

        /// Class that answers the questions of a SASL client mechanism.
        sasl_client_callback_handler_class: Option<String> =
            Key::optional(Type::Class, "sasl.client.callback.handler.class"),

        /// Class that logs in.
        sasl_login_class: Option<String> = Key::optional(Type::Class, "sasl.login.class"),

        /// Class that answers the questions of a login.
        sasl_login_callback_handler_class: Option<String> =
            Key::optional(Type::Class, "sasl.login.callback.handler.class"),

        /// Name of the Kerberos principal that the service runs as.
        sasl_kerberos_service_name: Option<String> = Key::optional(Type::String, "sasl.kerberos.service.name")
            .per_broker(),

        /// Path of the kinit command.
        sasl_kerberos_kinit_cmd: String = Key::string("sasl.kerberos.kinit.cmd", "/usr/bin/kinit")
            .per_broker(),

        /// Share of a ticket's lifetime after which it is renewed.
        sasl_kerberos_ticket_renew_window_factor: f64 =
            Key::double("sasl.kerberos.ticket.renew.window.factor", 0.8)
            .per_broker(),

        /// Share by which the time of renewal varies at random.
        sasl_kerberos_ticket_renew_jitter: f64 = Key::double("sasl.kerberos.ticket.renew.jitter", 0.05)
            .per_broker(),

        /// Milliseconds between two attempts to renew a ticket.
        sasl_kerberos_min_time_before_relogin: i64 =
            Key::long("sasl.kerberos.min.time.before.relogin", 60_000)
            .per_broker(),

        /// Rules that turn Kerberos principals into user names, the first that matches wins. `DEFAULT` takes
        /// the part before the realm.
        sasl_kerberos_principal_to_local_rules: Vec<String> =
            Key::list("sasl.kerberos.principal.to.local.rules", "DEFAULT")
            .distinct()
            .per_broker(),

        /// Share of a token's lifetime after which it is refreshed.
        sasl_login_refresh_window_factor: f64 = Key::double("sasl.login.refresh.window.factor", 0.8)
            .per_broker(),

        /// Share by which the time of refreshing varies at random.
        sasl_login_refresh_window_jitter: f64 = Key::double("sasl.login.refresh.window.jitter", 0.05)
            .per_broker(),

        /// Seconds between two refreshes of a token at least.
        sasl_login_refresh_min_period_seconds: i16 = Key::short("sasl.login.refresh.min.period.seconds", 60)
            .per_broker(),

        /// Seconds before its expiry at which a token should be refreshed.
        sasl_login_refresh_buffer_seconds: i16 = Key::short("sasl.login.refresh.buffer.seconds", 300)
            .per_broker(),

        /// Milliseconds for connecting to the authentication provider of OAUTHBEARER.
        sasl_login_connect_timeout_ms: Option<i32> = Key::optional(Type::Int, "sasl.login.connect.timeout.ms")
            .low(),

        /// Milliseconds for reading from the authentication provider of OAUTHBEARER.
        sasl_login_read_timeout_ms: Option<i32> = Key::optional(Type::Int, "sasl.login.read.timeout.ms")
            .low(),

        /// Milliseconds before a failed login to the authentication provider is tried again for the first time.
        sasl_login_retry_backoff_ms: i64 = Key::long("sasl.login.retry.backoff.ms", 100).low(),

        /// Most milliseconds before a failed login to the authentication provider is tried again.
        sasl_login_retry_backoff_max_ms: i64 = Key::long("sasl.login.retry.backoff.max.ms", 10_000).low(),
    }
}
