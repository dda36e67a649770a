//! TLS. Listeners override these keys under `listener.name.LISTENER.`.

use crate::key::{Key, Type};
use crate::section::section;
use crate::value::Password;

section! {
    /// TLS. Listeners override these keys under `listener.name.LISTENER.`.
    pub struct SslConfig {
        /// Whether clients must have a certificate: `required`, `requested` or `none`.
        ssl_client_auth: String = Key::string("ssl.client.auth", "none")
            .one_of(&["required", "requested", "none"])
            .per_broker(),

        /// Version of TLS for a new context.
        ssl_protocol: String = Key::string("ssl.protocol", "TLSv1.3").per_broker(),

        /// Name of the security provider. Kept for compatibility.
        ssl_provider: Option<String> = Key::optional(Type::String, "ssl.provider").per_broker(),

        /// Cipher suites that may be used, separated by commas. Empty: all that are available.
        ssl_cipher_suites: Vec<String> = Key::list("ssl.cipher.suites", "").distinct().per_broker(),

        /// Versions of TLS that may be used, separated by commas.
        ssl_enabled_protocols: Vec<String> = Key::list("ssl.enabled.protocols", "TLSv1.2,TLSv1.3")
            .distinct()
            .per_broker(),

        /// Format of the key store: JKS, PKCS12 or PEM.
        ssl_keystore_type: String = Key::string("ssl.keystore.type", "JKS").per_broker(),

        /// File of the key store.
        ssl_keystore_location: Option<String> = Key::optional(Type::String, "ssl.keystore.location")
            .per_broker(),

        /// Password of the key store.
        ssl_keystore_password: Option<Password> = Key::optional(Type::Password, "ssl.keystore.password")
            .per_broker(),

        /// Password of the private key.
        ssl_key_password: Option<Password> = Key::optional(Type::Password, "ssl.key.password").per_broker(),

        /// Private key as PEM, instead of a file.
        ssl_keystore_key: Option<Password> = Key::optional(Type::Password, "ssl.keystore.key").per_broker(),

        /// Chain of certificates as PEM, instead of a file.
        ssl_keystore_certificate_chain: Option<Password> =
            Key::optional(Type::Password, "ssl.keystore.certificate.chain")
            .per_broker(),

        /// Format of the trust store: JKS, PKCS12 or PEM.
        ssl_truststore_type: String = Key::string("ssl.truststore.type", "JKS").per_broker(),

        /// File of the trust store.
        ssl_truststore_location: Option<String> = Key::optional(Type::String, "ssl.truststore.location")
            .per_broker(),

        /// Password of the trust store. Not set: the store's integrity is not checked.
        ssl_truststore_password: Option<Password> = Key::optional(Type::Password, "ssl.truststore.password")
            .per_broker(),

        /// Trusted certificates as PEM, instead of a file.
        ssl_truststore_certificates: Option<Password> =
            Key::optional(Type::Password, "ssl.truststore.certificates")
            .per_broker(),

        /// Algorithm of the key manager. Kept for compatibility.
        ssl_keymanager_algorithm: String = Key::string("ssl.keymanager.algorithm", "SunX509").per_broker(),

        /// Algorithm of the trust manager. Kept for compatibility.
        ssl_trustmanager_algorithm: String = Key::string("ssl.trustmanager.algorithm", "PKIX").per_broker(),

        /// How a server's host name is checked against its certificate. Empty: not at all.
        ssl_endpoint_identification_algorithm: String =
            Key::string("ssl.endpoint.identification.algorithm", "https")
            .low()
            .per_broker(),

        /// Random number generator for TLS. Kept for compatibility.
        ssl_secure_random_implementation: Option<String> =
            Key::optional(Type::String, "ssl.secure.random.implementation")
            .low()
            .per_broker(),

        /// Class that makes TLS engines.
        ssl_engine_factory_class: Option<String> = Key::optional(Type::Class, "ssl.engine.factory.class")
            .low()
            .per_broker(),

        /// Rules that turn the distinguished name of a certificate into a user name, the first that matches
        /// wins.
        ssl_principal_mapping_rules: String = Key::string("ssl.principal.mapping.rules", "DEFAULT").low(),

        /// Whether a new key store may have another distinguished name than the old one.
        ssl_allow_dn_changes: bool = Key::boolean("ssl.allow.dn.changes", false).low(),

        /// Whether a new key store may have other alternative names than the old one.
        ssl_allow_san_changes: bool = Key::boolean("ssl.allow.san.changes", false).low(),
    }
}
