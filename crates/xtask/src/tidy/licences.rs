//! Licences and banned packages, by the lists of `deny.toml`: the quick part of what cargo-deny checks.

use anyhow::Context;
use serde_json::Value;
use toml::Table;

use super::tree::Tree;

pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let lists = tree.file("deny.toml").context("deny.toml is gone")?;
    let lists: Table = lists.text.parse().context("deny.toml is not TOML")?;
    let allowed: Vec<&str> = strings(lists.get("licenses").and_then(|table| table.get("allow")));
    let banned: Vec<&str> = names(lists.get("bans").and_then(|table| table.get("deny")));

    let mut found = Vec::new();
    for package in tree.packages() {
        let name = package["name"].as_str().unwrap_or_default();
        if banned.contains(&name) {
            found.push(format!("{name}: banned in deny.toml"));
        }
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_allowed(licence, &allowed) {
            found.push(format!("{name}: licence `{licence}` is not in deny.toml"));
        }
    }
    if is_empty(&tree.metadata) {
        found.push("cargo metadata lists no packages".to_owned());
    }
    Ok(found)
}

fn is_empty(metadata: &Value) -> bool {
    metadata["packages"].as_array().is_none_or(Vec::is_empty)
}

fn strings(list: Option<&toml::Value>) -> Vec<&str> {
    list.and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str).collect()
}

fn names(list: Option<&toml::Value>) -> Vec<&str> {
    let tables = list.and_then(toml::Value::as_array).into_iter().flatten();
    tables.filter_map(|table| table.get("name").and_then(toml::Value::as_str)).collect()
}

/// Whether an SPDX expression can be met with allowed licences alone. `OR` binds weaker than `AND`; a slash is an
/// old way to write `OR`.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { tokens: &tokens, allowed };
    let met = parser.either();
    met && parser.tokens.is_empty()
}

struct Parser<'a> {
    tokens: &'a [&'a str],
    allowed: &'a [&'a str],
}

impl Parser<'_> {
    fn either(&mut self) -> bool {
        let mut met = self.both();
        while self.take("OR") {
            met |= self.both();
        }
        met
    }

    fn both(&mut self) -> bool {
        let mut met = self.one();
        while self.take("AND") {
            met &= self.one();
        }
        met
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            let met = self.either();
            return self.take(")") && met;
        }
        let Some((licence, rest)) = self.tokens.split_first() else { return false };
        self.tokens = rest;
        if let ["WITH", exception, rest @ ..] = self.tokens {
            self.tokens = rest;
            let both = format!("{licence} WITH {exception}");
            return self.allowed.contains(&both.as_str());
        }
        self.allowed.contains(licence)
    }

    fn take(&mut self, token: &str) -> bool {
        match self.tokens.split_first() {
            Some((first, rest)) if *first == token => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_as_spdx_says() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
        for yes in [
            "MIT",
            "MIT OR GPL-3.0-only",
            "GPL-3.0-only/MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only",
        ] {
            assert!(is_allowed(yes, &allowed), "{yes}");
        }
        for no in
            ["", "GPL-3.0-only", "MIT AND GPL-3.0-only", "GPL-3.0-only WITH Classpath-exception-2.0", "(MIT"]
        {
            assert!(!is_allowed(no, &allowed), "{no}");
        }
    }
}
