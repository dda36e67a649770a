//! Names of topics.

use ottla_wire::ErrorCode;

use super::error::ApiError;

/// Name of the metadata log, which no topic may have.
pub(crate) const CLUSTER_METADATA: &str = "__cluster_metadata";

/// Longest name of a topic, so that its directory with the partition's number fits a file system.
const NAME_LENGTH_MAX: usize = 249;

/// Refuses what cannot be the name of a topic.
pub(crate) fn check(name: &str) -> Result<(), ApiError> {
    match fault(name) {
        None => Ok(()),
        Some(fault) => {
            Err(ApiError::new(ErrorCode::InvalidTopicException, format!("Topic name is invalid: {fault}")))
        }
    }
}

fn fault(name: &str) -> Option<String> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() {
        return Some("the empty string is not allowed".to_owned());
    }
    if name == "." || name == ".." {
        return Some(format!("'{name}' is not allowed"));
    }
    if name.encode_utf16().count() > NAME_LENGTH_MAX {
        return Some(format!(
            "the length of '{name}' is longer than the max allowed length {NAME_LENGTH_MAX}"
        ));
    }
    if !name.bytes().all(is_legal) {
        return Some(format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        ));
    }
    None
}

/// What a topic is called in metrics, if that may be what another is called, too: dots become underscores there.
pub(crate) fn in_metrics(name: &str) -> Option<String> {
    name.contains(['.', '_']).then(|| name.replace('.', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_characters_are_legal() {
        for name in ["a", "A.b_c-9", "...", &"x".repeat(249)] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for name in ["", ".", "..", "a b", "ä", "a/b", &"x".repeat(250)] {
            assert_eq!(check(name).unwrap_err().code, ErrorCode::InvalidTopicException, "{name}");
        }
    }
}
