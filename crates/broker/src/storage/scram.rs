//! SCRAM credentials given when a cluster is formatted, so that its first users can authenticate.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use ottla_wire::KafkaString;
use ottla_wire::metadata::user_scram_credential::UserScramCredentialRecord;
use sha2::{Digest, Sha256, Sha512};
use thiserror::Error;

use super::Random;

const ITERATIONS_DEFAULT: i32 = 4096;
const ITERATIONS_MIN: i32 = 4096;
const ITERATIONS_MAX: i32 = 16384;
/// Length of the salts that Kafka makes up: 130 random bits as digits of base 36.
const SALT_LEN: usize = 26;

/// An `--add-scram` argument that cannot be used; the texts are Kafka's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the message says it")]
pub enum ScramArgumentError {
    #[error("Failed to find equals sign in SCRAM argument '{0}'")]
    NoEqualsSign(String),
    #[error("The add-scram mechanism {0} is not supported.")]
    Mechanism(String),
    #[error("Expected configuration string to start with [")]
    NoOpeningBracket,
    #[error("Expected configuration string to end with ]")]
    NoClosingBracket,
    #[error("No equals sign found in SCRAM component: {0}")]
    Component(String),
    #[error("You must supply 'name' to add-scram")]
    NoName,
    #[error("Failed to decode given salt: {0}")]
    Salt(String),
    #[error("Failed to parse iterations count: {0}")]
    Iterations(String),
    #[error("You must supply one of 'password' or 'saltedpassword' to add-scram")]
    NoPassword,
    #[error("You must supply 'salt' with 'saltedpassword' to add-scram")]
    SaltedPasswordWithoutSalt,
    #[error("Failed to decode given saltedPassword: {0}")]
    SaltedPassword(String),
    #[error("Unknown SCRAM configurations: {0}")]
    Unknown(String),
    #[error("The 'iterations' value must be >= {ITERATIONS_MIN} for add-scram using {0}")]
    TooFewIterations(&'static str),
    #[error("The 'iterations' value must be <= {ITERATIONS_MAX} for add-scram using {0}")]
    TooManyIterations(&'static str),
}

/// How a password is made into keys (RFC 5802).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mechanism {
    Sha256,
    Sha512,
}

/// One argument such as `SCRAM-SHA-256=[name=alice,password=secret]`, taken apart.
struct Argument {
    mechanism: Mechanism,
    name: String,
    salt: Option<Vec<u8>>,
    iterations: i32,
    password: PasswordArgument,
}

enum PasswordArgument {
    Plain(String),
    Salted(Vec<u8>),
}

/// The record of one argument's credential.
pub(super) fn credential_record(
    argument: &str,
    random: Random<'_>,
) -> Result<UserScramCredentialRecord, ScramArgumentError> {
    let Argument { mechanism, name, salt, iterations, password } = Argument::parse(argument)?;
    let salt = salt.unwrap_or_else(|| random_salt(random));
    let salted = match password {
        PasswordArgument::Salted(salted) => salted,
        PasswordArgument::Plain(password) => mechanism.salted_password(&password, &salt, iterations as u32),
    };
    let client_key = mechanism.hmac(&salted, b"Client Key");
    Ok(UserScramCredentialRecord {
        name: KafkaString::from(name),
        mechanism: mechanism.id(),
        salt: Bytes::from(salt),
        stored_key: Bytes::from(mechanism.hash(&client_key)),
        server_key: Bytes::from(mechanism.hmac(&salted, b"Server Key")),
        iterations,
        ..UserScramCredentialRecord::default()
    })
}

impl Argument {
    fn parse(argument: &str) -> Result<Self, ScramArgumentError> {
        let argument = argument.trim();
        let (mechanism_name, list) =
            argument.split_once('=').ok_or_else(|| ScramArgumentError::NoEqualsSign(argument.to_owned()))?;
        let mechanism = Mechanism::from_name(mechanism_name)
            .ok_or_else(|| ScramArgumentError::Mechanism(mechanism_name.to_owned()))?;
        let list = list.strip_prefix('[').ok_or(ScramArgumentError::NoOpeningBracket)?;
        let list = list.strip_suffix(']').ok_or(ScramArgumentError::NoClosingBracket)?;
        let mut parts = BTreeMap::new();
        for part in list.split(',') {
            let (key, value) =
                part.split_once('=').ok_or_else(|| ScramArgumentError::Component(part.to_owned()))?;
            parts.insert(key, unquoted(value));
        }
        let name = parts.remove("name").ok_or(ScramArgumentError::NoName)?.to_owned();
        let salt = match parts.remove("salt") {
            None => None,
            Some(text) => Some(decode(text).ok_or_else(|| ScramArgumentError::Salt(text.to_owned()))?),
        };
        let iterations = match parts.remove("iterations") {
            None => ITERATIONS_DEFAULT,
            Some(text) => text.parse().map_err(|_| ScramArgumentError::Iterations(text.to_owned()))?,
        };
        let password = password(parts.remove("password"), parts.remove("saltedpassword"), salt.is_some())?;
        if !parts.is_empty() {
            let unknown: Vec<&str> = parts.into_keys().collect();
            return Err(ScramArgumentError::Unknown(unknown.join(", ")));
        }
        if iterations < ITERATIONS_MIN {
            return Err(ScramArgumentError::TooFewIterations(mechanism.java_name()));
        }
        if iterations > ITERATIONS_MAX {
            return Err(ScramArgumentError::TooManyIterations(mechanism.java_name()));
        }
        Ok(Self { mechanism, name, salt, iterations, password })
    }
}

fn password(
    plain: Option<&str>,
    salted: Option<&str>,
    has_salt: bool,
) -> Result<PasswordArgument, ScramArgumentError> {
    match (plain, salted) {
        (Some(plain), None) => Ok(PasswordArgument::Plain(plain.to_owned())),
        // Kafka takes the plain one and then wonders about nothing; both together are a mistake all the same.
        (Some(_), Some(_)) => Err(ScramArgumentError::Unknown("saltedpassword".to_owned())),
        (None, None) => Err(ScramArgumentError::NoPassword),
        (None, Some(_)) if !has_salt => Err(ScramArgumentError::SaltedPasswordWithoutSalt),
        (None, Some(text)) => decode(text)
            .map(PasswordArgument::Salted)
            .ok_or_else(|| ScramArgumentError::SaltedPassword(text.to_owned())),
    }
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}

/// A salt of digits and letters; bytes that would favour some of them are drawn again.
fn random_salt(random: Random<'_>) -> Vec<u8> {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut salt = Vec::with_capacity(SALT_LEN);
    while salt.len() < SALT_LEN {
        let usable = random().into_iter().filter(|byte| *byte < 252);
        salt.extend(usable.map(|byte| DIGITS[usize::from(byte % 36)]).take(SALT_LEN - salt.len()));
    }
    salt
}

impl Mechanism {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "SCRAM-SHA-256" => Some(Self::Sha256),
            "SCRAM-SHA-512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// As Java prints the constant.
    const fn java_name(self) -> &'static str {
        match self {
            Self::Sha256 => "SCRAM_SHA_256",
            Self::Sha512 => "SCRAM_SHA_512",
        }
    }

    /// The number in records.
    const fn id(self) -> i8 {
        match self {
            Self::Sha256 => 1,
            Self::Sha512 => 2,
        }
    }

    fn salted_password(self, password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
        match self {
            Self::Sha256 => {
                pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password.as_bytes(), salt, iterations).to_vec()
            }
            Self::Sha512 => {
                pbkdf2::pbkdf2_hmac_array::<Sha512, 64>(password.as_bytes(), salt, iterations).to_vec()
            }
        }
    }

    fn hmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        const ANY_KEY: &str = "HMAC takes keys of any length";
        match self {
            Self::Sha256 => {
                let mut mac = Hmac::<Sha256>::new_from_slice(key).expect(ANY_KEY);
                mac.update(message);
                mac.finalize().into_bytes().to_vec()
            }
            Self::Sha512 => {
                let mut mac = Hmac::<Sha512>::new_from_slice(key).expect(ANY_KEY);
                mac.update(message);
                mac.finalize().into_bytes().to_vec()
            }
        }
    }

    fn hash(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(argument: &str) -> UserScramCredentialRecord {
        credential_record(argument, &mut || [7; 16]).unwrap()
    }

    /// The keys of RFC 7677's example, which Java's formatter makes of it too.
    #[test]
    fn keys_are_those_of_the_rfc() {
        let record = record(
            "SCRAM-SHA-256=[name=user,password=pencil,salt=\"W22ZaJ0SNY7soEsUEjb6gQ==\",iterations=4096]",
        );
        assert_eq!((record.name.as_str(), record.mechanism, record.iterations), ("user", 1, 4096));
        let base64 = |bytes: &Bytes| BASE64_STANDARD.encode(bytes);
        assert_eq!(base64(&record.salt), "W22ZaJ0SNY7soEsUEjb6gQ==");
        assert_eq!(base64(&record.stored_key), "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
        assert_eq!(base64(&record.server_key), "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
    }

    #[test]
    fn salt_and_iterations_have_defaults() {
        let record = record("SCRAM-SHA-512=[name=alice,password=secret]");
        assert_eq!((record.mechanism, record.iterations, record.salt.len()), (2, 4096, SALT_LEN));
        assert_eq!((record.stored_key.len(), record.server_key.len()), (64, 64));
    }

    #[test]
    fn mistakes_are_told_in_kafkas_words() {
        use ScramArgumentError as E;
        let check = |argument: &str, error: E| {
            let found = credential_record(argument, &mut || [0; 16]).unwrap_err();
            assert_eq!(found, error, "{argument}");
        };
        let text = |text: &str| text.to_owned();
        check("SCRAM-SHA-256", E::NoEqualsSign(text("SCRAM-SHA-256")));
        check("PLAIN=[]", E::Mechanism(text("PLAIN")));
        check("SCRAM-SHA-256=name=a", E::NoOpeningBracket);
        check("SCRAM-SHA-256=[name=a", E::NoClosingBracket);
        check("SCRAM-SHA-256=[name]", E::Component(text("name")));
        check("SCRAM-SHA-256=[password=a]", E::NoName);
        check("SCRAM-SHA-256=[name=a]", E::NoPassword);
        check("SCRAM-SHA-256=[name=a,salt=?]", E::Salt(text("?")));
        check("SCRAM-SHA-256=[name=a,iterations=x]", E::Iterations(text("x")));
        check("SCRAM-SHA-256=[name=a,saltedpassword=YCE=]", E::SaltedPasswordWithoutSalt);
        check("SCRAM-SHA-256=[name=a,salt=YCE=,saltedpassword=?]", E::SaltedPassword(text("?")));
        check("SCRAM-SHA-256=[name=a,password=b,x=1,y=2]", E::Unknown(text("x, y")));
        check("SCRAM-SHA-256=[name=a,password=b,iterations=1]", E::TooFewIterations("SCRAM_SHA_256"));
        check("SCRAM-SHA-512=[name=a,password=b,iterations=16385]", E::TooManyIterations("SCRAM_SHA_512"));
    }
}
