//! OAUTHBEARER: where tokens come from and how they are checked.

use crate::key::{Key, Type};
use crate::section::section;
use crate::value::Password;

section! {
    /// OAUTHBEARER: where tokens come from and how they are checked.
    pub struct OAuthBearerConfig {
        /// Claim of a token that holds its scope.
        sasl_oauthbearer_scope_claim_name: String = Key::string("sasl.oauthbearer.scope.claim.name", "scope")
            .low(),

        /// Claim of a token that holds its subject.
        sasl_oauthbearer_sub_claim_name: String = Key::string("sasl.oauthbearer.sub.claim.name", "sub").low(),

        /// URL of the provider that issues tokens.
        sasl_oauthbearer_token_endpoint_url: Option<String> =
            Key::optional(Type::String, "sasl.oauthbearer.token.endpoint.url"),

        /// URL or file of the keys that sign tokens.
        sasl_oauthbearer_jwks_endpoint_url: Option<String> =
            Key::optional(Type::String, "sasl.oauthbearer.jwks.endpoint.url"),

        /// Milliseconds between two refreshes of the keys.
        sasl_oauthbearer_jwks_endpoint_refresh_ms: i64 =
            Key::long("sasl.oauthbearer.jwks.endpoint.refresh.ms", 3_600_000)
            .low(),

        /// Milliseconds before failed fetching of keys is tried again for the first time.
        sasl_oauthbearer_jwks_endpoint_retry_backoff_ms: i64 =
            Key::long("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", 100)
            .low(),

        /// Most milliseconds before failed fetching of keys is tried again.
        sasl_oauthbearer_jwks_endpoint_retry_backoff_max_ms: i64 =
            Key::long("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", 10_000)
            .low(),

        /// Seconds by which the clocks of provider and broker may differ.
        sasl_oauthbearer_clock_skew_seconds: i32 = Key::int("sasl.oauthbearer.clock.skew.seconds", 30).low(),

        /// Audiences of which a token must name one, separated by commas. Empty: any.
        sasl_oauthbearer_expected_audience: Vec<String> = Key::list("sasl.oauthbearer.expected.audience", "")
            .distinct()
            .high(),

        /// Issuer that a token must name. Not set: any.
        sasl_oauthbearer_expected_issuer: Option<String> =
            Key::optional(Type::String, "sasl.oauthbearer.expected.issuer")
            .high(),

        /// Class that gets tokens.
        sasl_oauthbearer_jwt_retriever_class: String =
            Key::class("sasl.oauthbearer.jwt.retriever.class", "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"),

        /// Class that checks tokens.
        sasl_oauthbearer_jwt_validator_class: String =
            Key::class("sasl.oauthbearer.jwt.validator.class", "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"),

        /// Scope that is asked for.
        sasl_oauthbearer_scope: Option<String> = Key::optional(Type::String, "sasl.oauthbearer.scope"),

        /// Client id of the client credentials grant.
        sasl_oauthbearer_client_credentials_client_id: Option<String> =
            Key::optional(Type::String, "sasl.oauthbearer.client.credentials.client.id"),

        /// Secret of the client credentials grant.
        sasl_oauthbearer_client_credentials_client_secret: Option<Password> =
            Key::optional(Type::Password, "sasl.oauthbearer.client.credentials.client.secret"),

        /// Algorithm that signs an assertion.
        sasl_oauthbearer_assertion_algorithm: String =
            Key::string("sasl.oauthbearer.assertion.algorithm", "RS256")
            .one_of_ignoring_case(&["ES256", "RS256"]),

        /// Audience that an assertion names.
        sasl_oauthbearer_assertion_claim_aud: Option<String> =
            Key::optional(Type::String, "sasl.oauthbearer.assertion.claim.aud"),

        /// Seconds that an assertion is valid.
        sasl_oauthbearer_assertion_claim_exp_seconds: i32 =
            Key::int("sasl.oauthbearer.assertion.claim.exp.seconds", 300)
            .between(0, 86_400)
            .low(),

        /// Issuer that an assertion names.
        sasl_oauthbearer_assertion_claim_iss: Option<String> =
            Key::optional(Type::String, "sasl.oauthbearer.assertion.claim.iss"),

        /// Whether an assertion has an identifier of its own.
        sasl_oauthbearer_assertion_claim_jti_include: bool =
            Key::boolean("sasl.oauthbearer.assertion.claim.jti.include", false),

        /// Seconds before its creation from which an assertion is valid.
        sasl_oauthbearer_assertion_claim_nbf_seconds: i32 =
            Key::int("sasl.oauthbearer.assertion.claim.nbf.seconds", 60)
            .between(0, 3600)
            .low(),

        /// Subject that an assertion names.
        sasl_oauthbearer_assertion_claim_sub: Option<String> =
            Key::optional(Type::String, "sasl.oauthbearer.assertion.claim.sub"),

        /// File of a ready assertion.
        sasl_oauthbearer_assertion_file: Option<String> =
            Key::optional(Type::String, "sasl.oauthbearer.assertion.file"),

        /// File of the private key that signs assertions.
        sasl_oauthbearer_assertion_private_key_file: Option<String> =
            Key::optional(Type::String, "sasl.oauthbearer.assertion.private.key.file"),

        /// Passphrase of the private key that signs assertions.
        sasl_oauthbearer_assertion_private_key_passphrase: Option<Password> =
            Key::optional(Type::Password, "sasl.oauthbearer.assertion.private.key.passphrase"),

        /// File with further claims and headers of assertions, as JSON.
        sasl_oauthbearer_assertion_template_file: Option<String> =
            Key::optional(Type::String, "sasl.oauthbearer.assertion.template.file"),
    }
}
