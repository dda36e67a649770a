//! Settings of a client: from a file named on the command line, and from `key=value` pairs there.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context;
use ottla_properties::Properties;

/// Settings by their keys.
pub(crate) type ClientProperties = BTreeMap<String, String>;

/// Reads a properties file, such as `--command-config` names.
pub(crate) fn load_properties(file: &str) -> anyhow::Result<ClientProperties> {
    let bytes = fs::read(file).with_context(|| format!("cannot read the properties file {file}"))?;
    let properties = Properties::parse(&bytes).with_context(|| format!("properties file {file}"))?;
    Ok(properties.entries.into_iter().map(|entry| (entry.key, entry.value)).collect())
}

/// Reads pairs such as `--command-property` gives: what follows the first `=` is the value, which is empty if there is none.
pub(crate) fn parse_pairs<'a>(pairs: impl IntoIterator<Item = &'a str>) -> ClientProperties {
    let pair = |text: &str| {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        (key.to_owned(), value.to_owned())
    };
    pairs.into_iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs() {
        let pairs = parse_pairs(["acks=1", "sasl.jaas.config=a b=\"c\"", "empty", "acks=all"]);
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("acks", "all"), ("empty", ""), ("sasl.jaas.config", "a b=\"c\"")]);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = load_properties("/no/such/file").expect_err("it is not there");
        assert_eq!(
            format!("{error:#}"),
            "cannot read the properties file /no/such/file: No such file or directory (os error 2)"
        );
    }
}
